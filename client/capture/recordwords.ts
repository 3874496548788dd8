/** What the recording screen says. */
import { catalogue, number } from '../lib/text';

export const t = catalogue({
  en: {
    film: 'Film',
    sound: 'Sound',
    recording: 'Recording',
    idle: 'Not recording',
    stop: 'Stop',
    cover: 'Cover',
    still: 'Still',
    stillSealed: 'Photo sealed, the film goes on',
    sealed: (p: { kind: string; length: string }) => `${p.kind} sealed, ${p.length}`,
    opening: 'Opening the camera',
    openingSound: 'Opening the microphone',
    again: 'Record again',
    home: 'Back to start',
    hidden: (p: { at: string }) => `Recording stopped at ${p.at}: the app was not in front.`,
    muted: (p: { at: string }) => `Camera or microphone stopped by the phone at ${p.at}.`,
    frozen: (p: { at: string }) => `Camera stopped by the phone at ${p.at}: no new picture.`,
    ended: (p: { at: string }) => `Camera or microphone stopped by the phone at ${p.at}.`,
    space: (p: { at: string }) =>
      `Recording ended at ${p.at}: the phone’s storage is full. What was recorded is kept.`,
    broken: (p: { at: string }) =>
      `Recording stopped at ${p.at}: storage on this phone did not answer. What was sealed before is kept.`,
    kept: 'What was recorded until then is sealed.',
    anew: 'Recording again as a new item.',
    minutes: (p: { n: number }) => `Room for about ${number(p.n)} min`,
    unsupported: 'This browser can’t record. Photos, notes, RIO and import work all the same.',
  },
  fr: {
    film: 'Film',
    sound: 'Son',
    recording: 'Enregistrement',
    idle: 'Pas d’enregistrement',
    stop: 'Arrêter',
    cover: 'Couvrir',
    still: 'Photo',
    stillSealed: 'Photo scellée, le film continue',
    sealed: (p) => `${p.kind} scellé, ${p.length}`,
    opening: 'Ouverture de la caméra',
    openingSound: 'Ouverture du micro',
    again: 'Enregistrer à nouveau',
    home: 'Retour à l’accueil',
    hidden: (p) => `Enregistrement arrêté à ${p.at} : l’application n’était plus devant.`,
    muted: (p) => `Caméra ou micro arrêté par le téléphone à ${p.at}.`,
    frozen: (p) => `Caméra arrêtée par le téléphone à ${p.at} : plus d’image.`,
    ended: (p) => `Caméra ou micro arrêté par le téléphone à ${p.at}.`,
    space: (p) =>
      `Enregistrement terminé à ${p.at} : la mémoire du téléphone est pleine. Ce qui a été enregistré est conservé.`,
    broken: (p) =>
      `Enregistrement arrêté à ${p.at} : le stockage du téléphone n’a pas répondu. Ce qui a été scellé avant est conservé.`,
    kept: 'Ce qui a été enregistré jusque-là est scellé.',
    anew: 'L’enregistrement reprend dans un nouvel élément.',
    minutes: (p) => `Place pour environ ${number(p.n)} min`,
    unsupported:
      'Ce navigateur ne peut pas enregistrer. Photos, notes, RIO et import fonctionnent quand même.',
  },
});
