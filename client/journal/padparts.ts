/** What the RIO pad is made of. */
import { catalogue } from '../lib/text';
import { el, fill } from '../shell/dom';
import { icon } from '../shell/icons';
import { type Boxes, drawn } from './boxes';
import { read } from './validate';

const t = catalogue({
  en: {
    box: (p: { n: number; sign: string }) => `Place ${p.n}: ${p.sign}`,
    emptyBox: 'empty',
    unknown: 'unknown',
    unsureBox: (p: { sign: string }) => `${p.sign}, unsure`,
    key: (p: { sign: string }) => `Digit ${p.sign}`,
    question: 'Unknown digit',
    erase: 'Erase',
  },
  fr: {
    box: (p) => `Place ${p.n} : ${p.sign}`,
    emptyBox: 'vide',
    unknown: 'inconnu',
    unsureBox: (p) => `${p.sign}, incertain`,
    key: (p) => `Chiffre ${p.sign}`,
    question: 'Chiffre inconnu',
    erase: 'Effacer',
  },
});

/** The boxes, or one line for a number of another kind. The box that had the focus keeps it. */
export function drawBoxes(row: HTMLElement, boxes: Boxes, tapped: (box: number) => void): void {
  if (read(boxes.text, boxes.length).kind === 'other') {
    fill(row, el('output', { class: 'other-number figures' }, boxes.text));
    return;
  }
  const focused = [...row.children].indexOf(document.activeElement as Element);
  fill(
    row,
    ...drawn(boxes).map((box, index) => {
      const spoken =
        box.sign === ''
          ? t('emptyBox')
          : box.sign === '?'
            ? t('unknown')
            : box.unsure
              ? t('unsureBox', { sign: box.sign })
              : box.sign;
      const style = `box${box.sign === '?' || box.sign === '' ? ' hollow' : ''}${box.unsure ? ' unsure' : ''}${box.cursor ? ' cursor' : ''}`;
      return el(
        'button',
        {
          class: style,
          at: { type: 'button', 'aria-label': t('box', { n: index + 1, sign: spoken }) },
          on: { click: () => tapped(index) },
        },
        box.sign,
      );
    }),
  );
  if (focused >= 0) (row.children[focused] as HTMLElement | undefined)?.focus();
}

/** Digits, `?` and the way back. */
export function keys(typed: (sign: string) => void, erased: () => void): HTMLElement {
  const key = (sign: string) =>
    el(
      'button',
      {
        class: 'key figures',
        at: { type: 'button', 'aria-label': sign === '?' ? t('question') : t('key', { sign }) },
        on: { click: () => typed(sign) },
      },
      sign,
    );
  return el(
    'div',
    { class: 'pad-keys' },
    ...['1', '2', '3', '4', '5', '6', '7', '8', '9', '?', '0'].map(key),
    el(
      'button',
      { class: 'key', at: { type: 'button', 'aria-label': t('erase') }, on: { click: erased } },
      icon('erase'),
    ),
  );
}

/** A button that stays pressed. */
export function toggle(style: string, text: string, press: () => void): HTMLButtonElement {
  return el('button', { class: style, at: { type: 'button' }, on: { click: press } }, text);
}

export function setToggle(node: HTMLButtonElement, pressed: boolean, disabled = false): void {
  node.setAttribute('aria-pressed', String(pressed));
  node.disabled = disabled;
}
