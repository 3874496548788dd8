/** One officer: force, looks, and what else can be said of them. Looks tell officers apart where no number can be read. */
import { catalogue } from '../lib/text';
import type { App } from '../shell/app';
import { button, el, field } from '../shell/dom';
import { act } from '../shell/frame';
import { attempt, feel } from '../shell/live';
import { openPanel } from '../shell/panel';
import { forceSelect } from './force';
import { openQuote } from './note';
import { officerName } from './officers';
import { openPad } from './pad';
import { openUnit } from './unit';

const t = catalogue({
  en: {
    look: 'How to tell them apart',
    lookHint: 'Helmet, face open or covered, build, what they carry. Only what you see.',
    keep: 'Keep',
    kept: (p: { name: string }) => `${p.name}: sealed`,
    rio: 'RIO',
    unit: 'Unit, vehicle',
    quote: 'Quote',
  },
  fr: {
    look: 'À quoi on les reconnaît',
    lookHint: 'Casque, visage découvert ou caché, carrure, équipement. Seulement ce que vous voyez.',
    keep: 'Garder',
    kept: (p) => `${p.name}\u00a0: scellé`,
    rio: 'RIO',
    unit: 'Unité, véhicule',
    quote: 'Citation',
  },
});

export function openOfficer(app: App, n: number): void {
  const known = app.journal.officers[n - 1];
  let force = known?.force ?? '';
  const before = known?.look ?? '';
  const look = field(t('look'), { rows: 3, hint: t('lookHint'), value: before });
  openPanel({
    title: officerName(n),
    aside: forceSelect(force, (value) => {
      force = value;
    }).node,
    unsaved: () => look.input.value.trim() !== before,
    build: (close) => {
      const next = (open: () => void) => () => {
        close();
        open();
      };
      const rio = known?.rio ? { replaces: known.rio } : {};
      return [
        el(
          'div',
          { class: 'content' },
          look.node,
          act(
            'rio',
            t('rio'),
            next(() => openPad(app, { officer: n, ...rio })),
            'wide',
          ),
          act(
            'vehicle',
            t('unit'),
            next(() => openUnit(app, n, force)),
            'wide',
          ),
          act(
            'quote',
            t('quote'),
            next(() => openQuote(app, undefined, n)),
            'wide',
          ),
        ),
        el(
          'div',
          { class: 'foot' },
          button(
            {
              class: 'button primary',
              press: async () => {
                const data = { officer: n, force: force || 'UNK', look: look.input.value.trim() };
                const corrects = known?.entry ? { corrects: known.entry.id } : {};
                if (
                  !(await attempt(
                    () => app.journal.add('officer', data, corrects),
                    t('kept', { name: officerName(n) }),
                  ))
                )
                  return;
                feel();
                close();
              },
            },
            t('keep'),
          ),
        ),
      ];
    },
  });
}
