/** What else can be said of a RIO: other states, what asking brought, how it was read. */
import { catalogue } from '../lib/text';
import { button, choices, el } from '../shell/dom';
import { openPanel } from '../shell/panel';
import type { Asked, How, Status } from './validate';
import { label, lists } from './vocabulary';

const t = catalogue({
  en: {
    title: 'More about the RIO',
    seen: 'What was seen',
    digits: 'As the digits say',
    asked: 'Was it asked for?',
    how: 'How it was read',
    done: 'Done',
  },
  fr: {
    title: 'Plus sur le RIO',
    seen: 'Ce qui a été vu',
    digits: 'Selon les chiffres',
    asked: 'A-t-il été demandé ?',
    how: 'Comment il a été lu',
    done: 'Terminé',
  },
});

export interface More {
  asked: Asked;
  how: How;
  status: Status | null;
}

const DIGITS_SAY = 'DIGITS';

export function openMore(start: More, done: (more: More) => void): void {
  let more = start;
  const states = lists.status.filter(({ code }) => !/^READ|NOT_STATED/.test(code));
  openPanel({
    title: t('title'),
    closed: () => done(more),
    build: (close) => [
      el(
        'div',
        { class: 'content' },
        choices(
          t('seen'),
          [
            { value: DIGITS_SAY, label: t('digits') },
            ...states.map(({ code }) => ({ value: code, label: label('status', code) })),
          ],
          more.status ?? DIGITS_SAY,
          (value) => {
            more = { ...more, status: value === DIGITS_SAY ? null : (value as Status) };
          },
        ),
        choices(
          t('asked'),
          lists.asked
            .filter(({ code }) => code !== 'NOT_STATED')
            .map(({ code }) => ({ value: code, label: label('asked', code) })),
          more.asked,
          (value) => {
            more = { ...more, asked: value as Asked };
          },
        ),
        choices(
          t('how'),
          lists.how.map(({ code }) => ({ value: code, label: label('how', code) })),
          more.how,
          (value) => {
            more = { ...more, how: value as How };
          },
        ),
      ),
      el('div', { class: 'foot' }, button({ class: 'button primary', press: close }, t('done'))),
    ],
  });
}
