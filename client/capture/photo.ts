/** The camera for stills: opens at once, each tap is one sealed photo. */

import { actionRow } from '../journal/tiles';
import { reference } from '../lib/ids';
import { catalogue, number } from '../lib/text';
import type { App, Screen } from '../shell/app';
import { button, el, fill } from '../shell/dom';
import { icon } from '../shell/icons';
import { attempt, feel, tell } from '../shell/live';
import { watchStream } from './camera';
import { cover } from './cover';
import { keepStill } from './keep';
import { Lens } from './lens';
import { refusalWords } from './refusal';
import { takeStill } from './still';

const t = catalogue({
  en: {
    title: 'Photo',
    back: 'Back',
    take: 'Take photo',
    sealed: 'Photo sealed',
    count: (p: { n: number }) => `Sealed: ${number(p.n)}`,
    cover: 'Cover',
    opening: 'Opening the camera',
    again: 'Try again',
  },
  fr: {
    title: 'Photo',
    back: 'Retour',
    take: 'Prendre la photo',
    sealed: 'Photo scellée',
    count: (p) => `Scellées : ${number(p.n)}`,
    cover: 'Couvrir',
    opening: 'Ouverture de la caméra',
    again: 'Réessayer',
  },
});

export function photo(app: App): Screen {
  let taken = 0;
  let unwatch = () => {};
  const said = el('p', { class: 'view-said', at: { role: 'status' } }, t('opening'));
  const lens = new Lens(app.prefs.height, () => void open());
  const count = el('span', { class: 'figures muted' });
  const ref = el('strong', { class: 'figures' }, app.journal.open ? reference(app.journal.open.id) : '');
  const shutter = button({ class: 'shutter', name: t('take'), press: () => take() }, icon('photo'));

  const open = async () => {
    unwatch();
    try {
      const stream = await lens.open('photo');
      fill(said);
      shutter.disabled = false;
      unwatch = watchStream(stream, null, () => {
        shutter.disabled = true;
        lens.close();
        if (!document.hidden) fill(said, button({ class: 'button', press: open }, t('again')));
      });
    } catch (error) {
      fill(said, refusalWords(error), button({ class: 'button', press: open }, t('again')));
    }
  };
  const take = async () => {
    const { stream } = lens;
    if (!stream) return;
    feel();
    lens.video.classList.add('blink');
    await attempt(async () => {
      const still = await takeStill(stream, lens.video, false);
      await keepStill(app.depot, app.journal, still, lens.facing);
      taken += 1;
      count.textContent = t('count', { n: taken });
      if (app.journal.open) ref.textContent = reference(app.journal.open.id);
      tell(t('sealed'));
    });
    lens.video.classList.remove('blink');
  };
  const visible = () => {
    if (!document.hidden && !lens.stream) void open();
  };
  document.addEventListener('visibilitychange', visible);

  shutter.disabled = true;
  void open();
  const node = el(
    'main',
    { class: 'screen capture' },
    el(
      'header',
      { class: 'bar' },
      button({ class: 'icon-button', name: t('back'), press: () => app.go('home') }, icon('back')),
      el('h1', { class: 'bar-title', at: { tabindex: -1 } }, t('title')),
      ref,
      lens.switcher,
    ),
    el('div', { class: 'stage' }, lens.video, said, el('div', { class: 'stage-foot' }, lens.zooms, count)),
    actionRow(app),
    el(
      'div',
      { class: 'grip' },
      button({ class: 'side-act', press: () => cover(app) }, icon('cover'), el('span', {}, t('cover'))),
      shutter,
      el('span', { class: 'side-act' }),
    ),
  );
  return {
    node,
    leave: () => {
      document.removeEventListener('visibilitychange', visible);
      unwatch();
      lens.close();
    },
  };
}
