/** Chips for the officers of the open observation: 1, 2, 3 and a new one. */
import { catalogue } from '../lib/text';
import type { App } from '../shell/app';
import { el } from '../shell/dom';

const t = catalogue({
  en: {
    legend: 'Officer',
    none: 'None',
    officer: (p: { n: number }) => `Officer ${p.n}`,
    fresh: (p: { n: number }) => `New officer ${p.n}`,
  },
  fr: { legend: 'Agent', none: 'Aucun', officer: (p) => `Agent ${p.n}`, fresh: (p) => `Nouvel agent ${p.n}` },
});

export function officerName(n: number): string {
  return t('officer', { n });
}

/** `none`: offer "no officer" too. `picked` gets the number, of a new officer as well. */
export function officerChips(
  app: App,
  chosen: number | null,
  picked: (officer: number | null) => void,
  none = true,
): HTMLElement {
  const next = app.journal.nextOfficer;
  const numbers = Array.from({ length: next }, (_, index) => index + 1);
  const chips: HTMLButtonElement[] = [];
  const chip = (n: number | null, label: string, name: string) => {
    const node = el(
      'button',
      {
        class: 'chip',
        at: { type: 'button', 'aria-label': name, 'aria-pressed': chosen === n ? 'true' : 'false' },
        on: {
          click: () => {
            for (const other of chips) other.setAttribute('aria-pressed', other === node ? 'true' : 'false');
            picked(n);
          },
        },
      },
      label,
    );
    chips.push(node);
    return node;
  };
  return el(
    'div',
    { class: 'chips scroll', at: { role: 'group', 'aria-label': t('legend') } },
    none ? chip(null, t('none'), t('none')) : null,
    ...numbers.map((n) =>
      n === next ? chip(n, `+ ${n}`, t('fresh', { n })) : chip(n, String(n), t('officer', { n })),
    ),
  );
}
