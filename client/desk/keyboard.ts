/** The desk by keyboard. Keys do nothing while somebody types, and never with a modifier that belongs to the browser. */
import { PLAYER, typing } from './keys';
import { onPlayer } from './player';

export function keyboard(): void {
  for (const button of document.querySelectorAll('[data-keys]'))
    button.addEventListener('click', () => help());
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') return leave();
    if (typing(event.target)) return;
    if (press(event)) event.preventDefault();
  });
}

function press(event: KeyboardEvent): boolean {
  const { key } = event;
  if (key === 'j' || key === 'k') return step(key === 'j' ? 1 : -1);
  if (key === '/') return focus('#find');
  if (key === 'w') return focus('#notes textarea');
  if (key === '?') return help();
  if (key === 'r') return click('[data-reviewed] button');
  if (key === 'c') return claim();
  if (key === 'n') return onward();
  if (key === 'z') return click('[data-undo]');
  const act = PLAYER[key];
  // A button or a native player under the focus keeps its own keys.
  if (!act || (event.target instanceof Element && event.target.closest('button, a, summary, video, audio')))
    return false;
  return onPlayer(act);
}

/** To the next or previous line of the list in the main part of the page. */
function step(by: number): boolean {
  const lists = [...document.querySelectorAll('[data-list]')];
  const inner = lists.filter((list) => list.closest('.middle'));
  const lines = (inner.length ? inner : lists).flatMap((list) => [
    ...list.querySelectorAll<HTMLElement>('[data-line]'),
  ]);
  if (lines.length === 0) return false;
  const at = lines.indexOf(document.activeElement as HTMLElement);
  const next =
    lines[at < 0 ? (by > 0 ? 0 : lines.length - 1) : Math.min(lines.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
  return true;
}

function focus(selector: string): boolean {
  const field = document.querySelector<HTMLInputElement>(selector);
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
  return !!field;
}

function click(selector: string, within: ParentNode = document): boolean {
  const found = within.querySelector<HTMLElement>(selector);
  found?.click();
  return !!found;
}

/** In a list the line under the focus, on the page of one thing that one. */
function claim(): boolean {
  const line = document.activeElement?.closest('.row');
  if (line) return click('[data-claim]', line);
  return document.querySelector('main > .wide > .rows') ? false : click('[data-claim]');
}

/** In a list to the next line that nobody has in hand; elsewhere to the next new one. */
function onward(): boolean {
  if (click('[data-next]')) return true;
  const lines = [...document.querySelectorAll<HTMLElement>('[data-list] > .row')];
  const at = lines.findIndex((line) => line.contains(document.activeElement));
  const next = lines.slice(at + 1).find((line) => line.querySelector('[data-claim]'));
  const link = next?.querySelector<HTMLElement>('[data-line]');
  link?.focus();
  link?.scrollIntoView({ block: 'nearest' });
  return !!link;
}

let before: Element | null = null;

function help(): boolean {
  const panel = document.getElementById('keys');
  if (!panel) return false;
  panel.hidden = !panel.hidden;
  if (panel.hidden) {
    if (before instanceof HTMLElement) before.focus();
  } else {
    before = document.activeElement;
    panel.querySelector('button')?.focus();
  }
  return true;
}

function leave(): void {
  const panel = document.getElementById('keys');
  if (panel && !panel.hidden) {
    help();
    return;
  }
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
