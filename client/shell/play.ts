/** Plays one item of this phone while the vault is open. Bytes come in ranges through the service worker; none is kept. */
import { reference } from '../lib/ids';
import { catalogue, time } from '../lib/text';
import type { App, Screen } from './app';
import { button, el, fill } from './dom';
import { page, paragraph } from './frame';
import { kindWord } from './items';

const t = catalogue({
  en: {
    gone: 'This can’t be opened on this phone.',
    locked: 'The vault is locked.',
    unlock: 'Unlock',
    cant: 'This phone’s browser can’t show this kind of file. It is whole all the same.',
    worker: 'The player is not ready yet. Close the app once and open it again.',
  },
  fr: {
    gone: 'Ceci ne peut pas s’ouvrir sur ce téléphone.',
    locked: 'Le coffre est verrouillé.',
    unlock: 'Déverrouiller',
    cant: 'Le navigateur de ce téléphone ne peut pas montrer ce type de fichier. Il est entier malgré tout.',
    worker: 'Le lecteur n’est pas encore prêt. Fermez l’application une fois et rouvrez-la.',
  },
});

export async function play(app: App, [id = '']: string[]): Promise<Screen> {
  const item = (await app.depot.items()).find((each) => each.id === id);
  const back = item ? `earlier/${item.observation}` : 'earlier';
  const title = item ? `${kindWord(item.kind)}, ${time(item.startedAt, true)}` : t('gone');
  const stage = el('div', { class: 'player' });
  const node = page(
    app,
    { title, back },
    item && paragraph(reference(item.observation), 'muted figures'),
    stage,
  );
  if (!item) return { node };
  if (!app.vault.unlocked()) {
    fill(
      stage,
      paragraph(t('locked'), 'lead'),
      button({ class: 'button', press: () => app.go(`vault/play-${id}`) }, t('unlock')),
    );
    return { node };
  }
  const size = await app.vault.size(id);
  if (size === null || size === 0) fill(stage, paragraph(t('gone'), 'lead'));
  else if (!navigator.serviceWorker.controller) fill(stage, paragraph(t('worker'), 'lead'));
  else show(stage, `/m/play/${id}`, item.kind, title);
  const stop = app.vault.watch(() => {
    if (!app.vault.unlocked()) app.go(back);
  });
  return {
    node,
    leave: () => {
      stop();
      // Lets go of what the player has decoded.
      for (const media of stage.querySelectorAll('video, audio')) {
        media.removeAttribute('src');
        (media as HTMLMediaElement).load();
      }
      fill(stage);
    },
  };
}

/** An imported file may be a picture or a film: what it isn't fails, and the next is tried. */
function show(stage: HTMLElement, address: string, kind: string, name: string): void {
  const failed = () => fill(stage, paragraph(t('cant'), 'lead'));
  const picture = (otherwise: () => void) =>
    fill(stage, el('img', { class: 'view', at: { src: address, alt: name }, on: { error: otherwise } }));
  const film = () =>
    fill(
      stage,
      el('video', {
        class: 'view',
        at: { src: address, controls: true, playsinline: true, 'aria-label': name },
        on: { error: failed },
      }),
    );
  if (kind === 'photo') picture(failed);
  else if (kind === 'sound')
    fill(
      stage,
      el('audio', { at: { src: address, controls: true, 'aria-label': name }, on: { error: failed } }),
    );
  else if (kind === 'film') film();
  else picture(film);
}
