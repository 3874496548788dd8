/** A panel over the screen: the film beneath goes on. A native dialog keeps focus and the phone's back gesture right. */

import { catalogue } from '../lib/text';
import { button, type Child, el, uniqueId } from './dom';
import { icon } from './icons';
import { resurface } from './live';

const t = catalogue({
  en: {
    close: 'Close',
    discard: 'Leave without keeping what you typed?',
    leave: 'Leave',
    stay: 'Go on typing',
    cancel: 'Cancel',
  },
  fr: {
    close: 'Fermer',
    discard: 'Quitter sans garder ce que vous avez écrit ?',
    leave: 'Quitter',
    stay: 'Continuer',
    cancel: 'Annuler',
  },
});

const opened = new Set<HTMLDialogElement>();

export interface PanelOptions {
  title: string | HTMLElement;
  /** Beside the title. */
  aside?: Child;
  class?: string;
  /** Says whether something typed would be lost: then leaving needs a second act. */
  unsaved?: () => boolean;
  build: (close: () => void) => Child[];
  closed?: () => void;
}

export function openPanel(options: PanelOptions): () => void {
  const id = uniqueId('panel');
  const dialog = el('dialog', { class: `panel ${options.class ?? ''}`, at: { 'aria-labelledby': id } });
  const close = () => dialog.close();
  const leave = () => {
    if (options.unsaved?.())
      void confirm(t('discard'), t('leave'), { no: t('stay') }).then((yes) => yes && close());
    else close();
  };
  dialog.append(
    el(
      'header',
      { class: 'bar' },
      button({ class: 'icon-button', name: t('close'), press: leave }, icon('close')),
      el('h2', { id, class: 'bar-title', at: { tabindex: -1 } }, options.title),
      options.aside,
    ),
    ...options
      .build(close)
      .filter((child): child is Node | string => child instanceof Node || typeof child === 'string'),
  );
  dialog.addEventListener('cancel', (event) => {
    if (event.target !== dialog) return;
    event.preventDefault();
    leave();
  });
  show(dialog, () => options.closed?.());
  return close;
}

function show(dialog: HTMLDialogElement, closed: () => void): void {
  dialog.addEventListener('close', () => {
    opened.delete(dialog);
    dialog.remove();
    resurface();
    closed();
  });
  document.body.append(dialog);
  opened.add(dialog);
  dialog.showModal();
  dialog.querySelector<HTMLElement>('[autofocus], h2')?.focus();
}

/** A second, clear question. The safe answer comes first and has the focus. */
export function confirm(
  question: string,
  yes: string,
  { no = t('cancel'), loss = true }: { no?: string; loss?: boolean } = {},
): Promise<boolean> {
  return new Promise((answer) => {
    const id = uniqueId('question');
    let result = false;
    const dialog = el('dialog', { class: 'question', at: { 'aria-labelledby': id } });
    dialog.append(
      el('p', { id }, question),
      el(
        'div',
        { class: 'pair' },
        el(
          'button',
          { class: 'button', at: { type: 'button', autofocus: true }, on: { click: () => dialog.close() } },
          no,
        ),
        el(
          'button',
          {
            class: loss ? 'button danger' : 'button primary',
            at: { type: 'button' },
            on: {
              click: () => {
                result = true;
                dialog.close();
              },
            },
          },
          yes,
        ),
      ),
    );
    show(dialog, () => answer(result));
  });
}

export function closePanels(): void {
  for (const dialog of [...opened].reverse()) dialog.close();
}

export function panelsOpen(): boolean {
  return opened.size > 0;
}
