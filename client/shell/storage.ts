/** How much film still fits, and whether the browser has promised not to clear what lies here. */
import { minutesOfFilm } from '../capture/formats';
import { catalogue, number, plural } from '../lib/text';
import type { App } from './app';
import { el } from './dom';
import { icon } from './icons';

const t = catalogue({
  en: {
    room: (p: { n: number }) => `Room for ${number(p.n)} ${plural(p.n, 'minute', 'minutes')} of film`,
    plenty: 'Room for more than two hours of film',
    full: 'No room left for film on this phone',
    unknown: 'The browser does not say how much room is left',
    kept: 'The browser keeps what lies here until you remove it',
    notKept: 'The browser may clear what lies here when the phone runs full',
  },
  fr: {
    room: (p) => `De la place pour ${number(p.n)} ${plural(p.n, 'minute', 'minutes')} de film`,
    plenty: 'De la place pour plus de deux heures de film',
    full: 'Plus de place pour filmer sur ce téléphone',
    unknown: 'Le navigateur ne dit pas combien de place il reste',
    kept: 'Le navigateur garde ce qui est ici jusqu’à ce que vous le retiriez',
    notKept: 'Le navigateur peut effacer ce qui est ici quand le téléphone est plein',
  },
});

/** Under an hour of film the first screen says so. */
const LITTLE = 60;

const roomWords = (minutes: number | null) =>
  minutes === null ? t('unknown') : minutes === 0 ? t('full') : t('room', { n: minutes });

export async function storageLines(app: App): Promise<HTMLElement[]> {
  const { free, plenty, persisted } = await app.depot.space();
  const minutes = minutesOfFilm(free);
  const scarce = minutes !== null && minutes < LITTLE;
  return [
    el(
      'p',
      { class: `fact figures ${scarce ? 'problem' : ''}` },
      icon(scarce ? 'attention' : 'phone'),
      plenty ? t('plenty') : roomWords(minutes),
    ),
    el('p', { class: 'fact' }, icon(persisted ? 'safe' : 'attention'), t(persisted ? 'kept' : 'notKept')),
  ];
}

/** Null while there is plenty. */
export async function scarceRoom(app: App): Promise<HTMLElement | null> {
  const minutes = minutesOfFilm((await app.depot.space()).free);
  if (minutes === null || minutes >= LITTLE) return null;
  return el('p', { class: 'fact problem figures' }, icon('attention'), roomWords(minutes));
}
