/** Counters: what, how many, how sure. */
import type { Entry } from '../lib/contracts';
import { catalogue } from '../lib/text';
import type { App } from '../shell/app';
import { button, choices, el, fill } from '../shell/dom';
import { icon } from '../shell/icons';
import { attempt, feel } from '../shell/live';
import { openPanel } from '../shell/panel';
import { label, lists } from './vocabulary';

const t = catalogue({
  en: {
    title: 'Count',
    number: 'Number',
    more: 'One more',
    fewer: 'One fewer',
    ten: 'Ten more',
    how: 'How sure',
    keep: 'Keep',
    kept: (p: { what: string; n: number }) => `${p.what}: ${p.n}, sealed`,
  },
  fr: {
    title: 'Compter',
    number: 'Nombre',
    more: 'Un de plus',
    fewer: 'Un de moins',
    ten: 'Dix de plus',
    how: 'Certitude',
    keep: 'Garder',
    kept: (p) => `${p.what} : ${p.n}, scellé`,
  },
});

const LARGEST = 9999;

export function openCounter(app: App, replaces?: Entry): void {
  let what = typeof replaces?.data.what === 'string' ? replaces.data.what : null;
  openPanel({
    title: t('title'),
    build: (close) => {
      const body = el('div', { class: 'content' });
      const foot = el('div', { class: 'foot' });
      const choose = () => {
        fill(
          body,
          el(
            'div',
            { class: 'tiles three' },
            ...lists.item.map(({ code }) =>
              button(
                {
                  class: 'tile',
                  press: () => {
                    what = code;
                    count(code);
                  },
                },
                label('item', code),
              ),
            ),
          ),
        );
        fill(foot);
      };
      const count = (code: string) => {
        const stepper = stepperFor(replaces);
        fill(
          body,
          el('h3', { class: 'count-what', at: { tabindex: -1 } }, label('item', code)),
          stepper.node,
        );
        body.querySelector('h3')?.focus();
        fill(
          foot,
          button(
            {
              class: 'button primary',
              press: async () => {
                const { n, qualifier } = stepper.value();
                const kept = await attempt(
                  () =>
                    app.journal.add(
                      'count',
                      { what: code, n, qualifier },
                      replaces ? { corrects: replaces.id } : {},
                    ),
                  t('kept', { what: label('item', code), n }),
                );
                if (!kept) return;
                feel();
                close();
              },
            },
            t('keep'),
          ),
        );
      };
      if (what) count(what);
      else choose();
      return [body, foot];
    },
  });
}

/** "None seen" and "could not observe" have no number: it is 0 and the stepper rests. */
function stepperFor(replaces?: Entry): { node: HTMLElement; value: () => { n: number; qualifier: string } } {
  let n = Number(replaces?.data.n ?? 1);
  let qualifier = typeof replaces?.data.qualifier === 'string' ? replaces.data.qualifier : 'MIN';
  const none = () => qualifier === 'NONE_SEEN' || qualifier === 'NO_VIEW';
  const shown = el('input', {
    class: 'count-n figures',
    at: { type: 'text', inputmode: 'numeric', 'aria-label': t('number'), autocomplete: 'off', maxlength: 4 },
    on: {
      input: () => {
        n = Math.min(LARGEST, Number(shown.value.replace(/\D/g, '')) || 0);
      },
      blur: () => draw(),
    },
  });
  const step = (by: number) => () => {
    n = Math.min(LARGEST, Math.max(0, n + by));
    feel();
    draw();
  };
  const less = button({ class: 'step', name: t('fewer'), press: step(-1) }, icon('minus'));
  const more = button({ class: 'step', name: t('more'), press: step(1) }, icon('plus'));
  const ten = button({ class: 'step', name: t('ten'), press: step(10) }, '+10');
  const draw = () => {
    shown.value = none() ? '0' : String(n);
    for (const control of [shown, less, more, ten]) control.disabled = none();
  };
  draw();
  const node = el(
    'div',
    {},
    el('div', { class: 'stepper' }, less, shown, more, ten),
    choices(
      t('how'),
      lists.qualifier.map(({ code }) => ({ value: code, label: label('qualifier', code) })),
      qualifier,
      (value) => {
        qualifier = value;
        draw();
      },
    ),
  );
  return { node, value: () => ({ n: none() ? 0 : n, qualifier }) };
}
