/** Short words to the person: a line that goes by itself, and a sentence that stays until it has been read. */

import { catalogue } from '../lib/text';
import { button, el, fill } from './dom';
import { icon } from './icons';

const t = catalogue({
  en: {
    close: 'Close',
    full: 'This phone’s storage is full. What was sealed before is kept. Free some space and try again.',
    failed: 'This could not be done. What was sealed before is kept. Please try again.',
  },
  fr: {
    close: 'Fermer',
    full: 'La mémoire du téléphone est pleine. Ce qui a été scellé avant est conservé. Libérez de la place et réessayez.',
    failed: 'Cela n’a pas pu être fait. Ce qui a été scellé avant est conservé. Réessayez.',
  },
});

const line = el('p', { class: 'toast', at: { role: 'status' } });
const alarm = el('div', { class: 'alarm', at: { role: 'alert' } });
let clearing: ReturnType<typeof setTimeout> | undefined;

/** Puts the two places where words appear into the page. */
export function mountLive(host: HTMLElement): void {
  host.append(line, alarm);
}

/** Shown for a few seconds and read out. Also moved into an open panel, which would cover it otherwise. */
export function tell(text: string): void {
  clearTimeout(clearing);
  surface();
  line.textContent = text;
  clearing = setTimeout(() => {
    line.textContent = '';
  }, 4000);
}

/** Loud, and there until closed. */
export function warn(text: string): void {
  navigator.vibrate?.([60, 80, 60]);
  surface();
  fill(
    alarm,
    icon('attention'),
    el('p', {}, text),
    button({ class: 'icon-button', name: t('close'), press: () => fill(alarm) }, icon('close')),
  );
}

export function trouble(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  warn(t(name === 'PhoneFull' || name === 'QuotaExceededError' ? 'full' : 'failed'));
}

/** Runs `act`; says `done` when it worked and why not when it didn't. */
export async function attempt(act: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await act();
    if (done) tell(done);
    return true;
  } catch (error) {
    trouble(error);
    return false;
  }
}

/** A tick that can be felt. Never a sound. */
export function feel(): void {
  navigator.vibrate?.(12);
}

function surface(): void {
  const dialogs = document.querySelectorAll('dialog[open]');
  const host = dialogs[dialogs.length - 1] ?? document.body;
  if (line.parentElement !== host) host.append(line, alarm);
}

/** Called when a panel goes: its words must not go with it. */
export function resurface(): void {
  surface();
}
