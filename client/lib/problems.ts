/** Every reason why something stands still, as a sentence for people. Codes are those of docs/formats.md and our own. */
import { catalogue } from './text';

const t = catalogue({
  en: {
    unreachable:
      'No connection to the server. Everything stays sealed on this phone and goes when there is one.',
    revoked:
      'This phone has been revoked. What it holds stays sealed here. Ask your organisation for a new invitation.',
    retired: 'The time of practice is over. Ask your organisation for a new invitation.',
    'no-token': 'The server no longer knows this phone. Ask your organisation for a new invitation.',
    'not-age': 'The server could not recognise this as a sealed file. It stays on this phone.',
    'too-large':
      'This is larger than the server takes. It stays sealed on this phone. Tell your organisation.',
    quota: "This phone's share of the server is full. Tell your organisation. Nothing is lost.",
    offset: 'Phone and server disagree on how much arrived. It will be tried again.',
    checksum: 'Something was damaged on the way. It is being sent again.',
    'disk-full':
      "The server's disk is nearly full. It kept what arrived. Sending goes on when there is room.",
    'too-many': 'The server asks to wait a little. Sending goes on by itself.',
    'bad-statement': 'The server could not read what this phone declared. Tell your organisation.',
    'bad-signature': "The server does not recognise this phone's signature. Tell your organisation.",
    'wrong-audience': 'This was meant for another server. Tell your organisation.',
    'differs-from-commitment':
      'What arrived is not what this phone sealed. It is being sent again from the start.',
    differs: 'The server holds something other than what this phone sealed. The copy on this phone is kept.',
    'bad-receipt': "A receipt did not carry the server's signature. The copy on this phone is kept.",
    'organisation-key':
      'The server showed another organisation key than the one this phone knows. It was not taken. Tell your organisation.',
    'bad-pins':
      "A change of keys came without the organisation's signature. It was not taken. Tell your organisation.",
    'bad-intake':
      "A change of keys came without the server's signature. It was not taken. Tell your organisation.",
    'wrong-server': 'Another server answered than the one this phone was enrolled with. Nothing was sent.',
    'not-handed-over':
      'The server waits for this phone’s word that it took this over from another enrolment. It will be tried again.',
    'other-server':
      'This was sealed for another organisation. It stays sealed on this phone and can be saved as an outbox file.',
    'not-outbox': 'This is not an outbox file of this app, or it is cut. Nothing was taken from it.',
    'outbox-elsewhere': 'This file was made for another organisation. Nothing was taken from it.',
    importing: 'Taking this out of the outbox file was interrupted. Open the file once more.',
    missing: 'The sealed bytes of this item are no longer on this phone.',
    empty: 'The recording was cut before its first second was stored. There is nothing in it.',
    'phone-full': 'This phone is full. What was recorded until then is kept.',
    'invitation-used': 'This invitation has been used already. Ask for a new one.',
    'invitation-expired': 'This invitation is no longer valid. Ask for a new one.',
    'invitation-unknown': 'This invitation is not known. Check it letter by letter, or ask for a new one.',
    unknown: 'The server could not take this now. It will be tried again.',
  },
  fr: {
    unreachable:
      'Pas de connexion au serveur. Tout reste scellé sur ce téléphone et partira dès qu’il y en aura une.',
    revoked:
      'Ce téléphone a été révoqué. Ce qu’il contient y reste scellé. Demandez une nouvelle invitation à votre organisation.',
    retired: 'La période d’essai est terminée. Demandez une nouvelle invitation à votre organisation.',
    'no-token':
      'Le serveur ne connaît plus ce téléphone. Demandez une nouvelle invitation à votre organisation.',
    'not-age': 'Le serveur n’a pas reconnu un fichier scellé. Il reste sur ce téléphone.',
    'too-large':
      'C’est plus gros que ce que le serveur accepte. Cela reste scellé sur ce téléphone. Prévenez votre organisation.',
    quota:
      'La part de ce téléphone sur le serveur est pleine. Prévenez votre organisation. Rien n’est perdu.',
    offset: 'Le téléphone et le serveur ne sont pas d’accord sur ce qui est arrivé. Un nouvel essai suivra.',
    checksum: 'Quelque chose a été abîmé en route. L’envoi reprend.',
    'disk-full':
      'Le disque du serveur est presque plein. Il a gardé ce qui est arrivé. L’envoi reprendra quand il y aura de la place.',
    'too-many': 'Le serveur demande d’attendre un peu. L’envoi reprendra tout seul.',
    'bad-statement': 'Le serveur n’a pas pu lire ce que ce téléphone a déclaré. Prévenez votre organisation.',
    'bad-signature': 'Le serveur ne reconnaît pas la signature de ce téléphone. Prévenez votre organisation.',
    'wrong-audience': 'Ceci était destiné à un autre serveur. Prévenez votre organisation.',
    'differs-from-commitment':
      'Ce qui est arrivé n’est pas ce que ce téléphone a scellé. L’envoi reprend depuis le début.',
    differs:
      'Le serveur détient autre chose que ce que ce téléphone a scellé. La copie de ce téléphone est gardée.',
    'bad-receipt': 'Un reçu ne portait pas la signature du serveur. La copie de ce téléphone est gardée.',
    'organisation-key':
      'Le serveur a présenté une autre clé d’organisation que celle connue de ce téléphone. Elle n’a pas été prise. Prévenez votre organisation.',
    'bad-pins':
      'Un changement de clés est arrivé sans la signature de l’organisation. Il n’a pas été pris. Prévenez votre organisation.',
    'bad-intake':
      'Un changement de clés est arrivé sans la signature du serveur. Il n’a pas été pris. Prévenez votre organisation.',
    'wrong-server':
      'Un autre serveur a répondu que celui où ce téléphone a été inscrit. Rien n’a été envoyé.',
    missing: 'Les octets scellés de cet élément ne sont plus sur ce téléphone.',
    empty: 'L’enregistrement a été coupé avant que sa première seconde soit gardée. Il ne contient rien.',
    'phone-full': 'Ce téléphone est plein. Ce qui a été enregistré jusque-là est gardé.',
    'invitation-used': 'Cette invitation a déjà servi. Demandez-en une nouvelle.',
    'invitation-expired': 'Cette invitation n’est plus valable. Demandez-en une nouvelle.',
    'invitation-unknown':
      'Cette invitation n’est pas connue. Vérifiez-la lettre par lettre, ou demandez-en une nouvelle.',
    'not-outbox':
      'Ce n’est pas un fichier d’envoi de cette application, ou il est coupé. Rien n’en a été repris.',
    'outbox-elsewhere': 'Ce fichier a été fait pour une autre organisation. Rien n’en a été repris.',
    importing: 'La reprise depuis le fichier d’envoi a été interrompue. Ouvrez ce fichier encore une fois.',
    'not-handed-over':
      'Le serveur attend que ce téléphone confirme avoir repris ceci d’une autre inscription. Un nouvel essai suivra.',
    'other-server':
      'Ceci a été scellé pour une autre organisation. Cela reste scellé sur ce téléphone et peut être enregistré dans un fichier d’envoi.',
    unknown: 'Le serveur n’a pas pu prendre ceci maintenant. Un nouvel essai suivra.',
  },
});

/** Never a code, never empty: an unknown code gets the general sentence. */
export const problemText = (code: string): string => t(t.has(code) ? code : 'unknown');
