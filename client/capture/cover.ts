/** A black screen over everything: touches go nowhere, the vault is locked, the recording goes on. */

import { catalogue } from '../lib/text';
import type { App } from '../shell/app';
import { el } from '../shell/dom';
import { resurface } from '../shell/live';

const t = catalogue({
  en: { name: 'Covered. Hold to uncover', hold: 'Hold to uncover' },
  fr: { name: 'Écran couvert. Maintenir pour découvrir', hold: 'Maintenir pour découvrir' },
});

const HOLD = 1000;

export function cover(app: App): void {
  app.vault.lock();
  const hint = el('span', { class: 'cover-hint', at: { 'aria-hidden': 'true' } }, t('hold'));
  const surface = el(
    'button',
    { class: 'cover-surface', at: { type: 'button', 'aria-label': t('name'), autofocus: true } },
    hint,
  );
  const dialog = el('dialog', { class: 'cover', at: { 'aria-label': t('name') } }, surface);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let fading: ReturnType<typeof setTimeout> | undefined;
  const uncover = () => {
    clearTimeout(timer);
    dialog.close();
  };
  surface.addEventListener('pointerdown', () => {
    surface.classList.add('touched');
    clearTimeout(fading);
    fading = setTimeout(() => surface.classList.remove('touched'), 2000);
    timer = setTimeout(uncover, HOLD);
  });
  for (const name of ['pointerup', 'pointercancel', 'pointerleave'] as const)
    surface.addEventListener(name, () => clearTimeout(timer));
  surface.addEventListener('contextmenu', (event) => event.preventDefault());
  // A keyboard or a screen reader presses without touching: that is meant.
  surface.addEventListener('click', (event) => {
    if (event.detail === 0) uncover();
  });
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  dialog.addEventListener('close', () => {
    dialog.remove();
    resurface();
    void document.exitFullscreen?.().catch(() => undefined);
  });
  document.body.append(dialog);
  dialog.showModal();
  void document.documentElement.requestFullscreen?.().catch(() => undefined);
}
