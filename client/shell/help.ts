/** How to use the app, in short answers. Offline. */
import { catalogue } from '../lib/text';
import type { App, Screen } from './app';
import { el } from './dom';
import { page, row } from './frame';

const t = catalogue({
  en: {
    title: 'Help',
    rights: 'Your rights',
    q1: 'What happens to what I record?',
    a1: 'It is sealed on this phone while it is being recorded, to keys that only your organisation holds. Nothing goes into the gallery. When there is a connection it is sent to your organisation’s server.',
    q2: 'What does “Safe” mean?',
    a2: 'The server has all of it, checked it, and signed a receipt that this phone verified.',
    q3: 'What if the phone is taken?',
    a3: 'Nobody can view what is sealed here. What can be seen: how many items, how large, and when. Tell your organisation at once: it can shut this phone out.',
    q4: 'What if the app or phone dies while recording?',
    a4: 'At most about the last second is lost. At the next start the app shows what it kept.',
    q5: 'What can’t it do?',
    a5: 'It can’t record with the screen off or with another app in front, and the phone shows its camera dot. Cover makes the screen black while recording goes on; hold to uncover.',
    q6: 'What is an observation?',
    a6: 'Everything you record together. It opens by itself with the first thing, has a short reference to say aloud, and closes when you finish it or after 30 quiet minutes.',
    q7: 'I made a mistake in an entry',
    a7: 'Tap the reference on the first screen, then the entry: correct or withdraw it. Both versions stay sealed.',
    q8: 'How do I note a RIO?',
    a8: 'Type the digits you are sure of, ? for each you could not read. If some are missing, say whether they stood at the start, at the end or somewhere. Mark a digit as unsure rather than guess.',
    q9: 'How do I record codes while filming?',
    a9: 'One tap on a tile stamps it with the time. A long press asks for the officer and how you know.',
    q10: 'What is practice?',
    a10: 'A way to try everything. What you make then is marked and stays out of the legal team’s queue and figures.',
  },
  fr: {
    title: 'Aide',
    rights: 'Vos droits',
    q1: 'Que devient ce que j’enregistre ?',
    a1: 'C’est scellé sur ce téléphone pendant l’enregistrement, avec des clés que seule votre organisation possède. Rien ne va dans la galerie. Dès qu’il y a une connexion, c’est envoyé au serveur de votre organisation.',
    q2: 'Que veut dire « En sûreté » ?',
    a2: 'Le serveur a tout reçu, l’a vérifié et a signé un reçu que ce téléphone a contrôlé.',
    q3: 'Et si on prend le téléphone ?',
    a3: 'Personne ne peut voir ce qui est scellé ici. On peut voir : combien d’éléments, leur taille et quand. Prévenez tout de suite votre organisation : elle peut exclure ce téléphone.',
    q4: 'Et si l’application ou le téléphone s’éteint ?',
    a4: 'Au plus la dernière seconde environ est perdue. Au démarrage suivant, l’application montre ce qu’elle a conservé.',
    q5: 'Que ne peut-elle pas faire ?',
    a5: 'Elle ne peut pas enregistrer écran éteint ou derrière une autre application, et le téléphone montre son point caméra. Couvrir noircit l’écran pendant que l’enregistrement continue ; maintenez pour découvrir.',
    q6: 'Qu’est-ce qu’une observation ?',
    a6: 'Tout ce que vous enregistrez ensemble. Elle s’ouvre seule, a une courte référence à dire à voix haute, et se ferme quand vous la terminez ou après 30 minutes de calme.',
    q7: 'Je me suis trompé dans une saisie',
    a7: 'Touchez la référence sur l’accueil, puis la saisie : corrigez-la ou retirez-la. Les deux versions restent scellées.',
    q8: 'Comment noter un RIO ?',
    a8: 'Tapez les chiffres dont vous êtes sûr, ? pour chacun d’illisible. S’il en manque, dites s’ils étaient au début, à la fin ou quelque part. Marquez un chiffre incertain plutôt que de deviner.',
    q9: 'Comment noter un code pendant un film ?',
    a9: 'Une touche sur une case l’horodate. Un appui long demande l’agent et comment vous le savez.',
    q10: 'Qu’est-ce que l’exercice ?',
    a10: 'Une façon de tout essayer. Ce que vous faites alors est marqué et reste hors de la file et des chiffres de l’équipe juridique.',
  },
});

const PAIRS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

export function help(app: App): Screen {
  const answers = PAIRS.map((n) =>
    el('details', { class: 'group' }, el('summary', {}, t(`q${n}`)), el('p', {}, t(`a${n}`))),
  );
  return {
    node: page(
      app,
      { title: t('title') },
      row('card', t('rights'), null, () => app.go('rights')),
      ...answers,
    ),
  };
}
