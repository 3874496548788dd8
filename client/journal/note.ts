/** Free words: a note, or what somebody said. */
import type { Entry } from '../lib/contracts';
import { reference } from '../lib/ids';
import { catalogue } from '../lib/text';
import type { App } from '../shell/app';
import { button, choices, el, field } from '../shell/dom';
import { attempt, feel } from '../shell/live';
import { openPanel } from '../shell/panel';
import { officerChips } from './officers';

const t = catalogue({
  en: {
    note: 'Note',
    noteFor: (p: { ref: string }) => `Note for ${p.ref}`,
    text: 'What you saw or heard',
    noNames: 'No names of people on the move, no status, no nationality.',
    keep: 'Keep',
    keptNote: 'Note sealed',
    quote: 'Quote',
    said: 'What was said',
    exact: 'How close to the words',
    word: 'Word for word',
    sense: 'The sense of it',
    language: 'Language spoken',
    fr: 'French',
    en: 'English',
    other: 'Other',
    keptQuote: 'Quote sealed',
  },
  fr: {
    note: 'Note',
    noteFor: (p) => `Note pour ${p.ref}`,
    text: 'Ce que vous avez vu ou entendu',
    noNames: 'Pas de nom de personnes exilées, ni statut, ni nationalité.',
    keep: 'Garder',
    keptNote: 'Note scellée',
    quote: 'Citation',
    said: 'Ce qui a été dit',
    exact: 'Fidélité',
    word: 'Mot pour mot',
    sense: 'Le sens',
    language: 'Langue parlée',
    fr: 'Français',
    en: 'Anglais',
    other: 'Autre',
    keptQuote: 'Citation scellée',
  },
});

/** `later`: id of an earlier observation that the note joins. */
export function openNote(
  app: App,
  options: { later?: string; replaces?: Entry; done?: () => void } = {},
): void {
  const { later, replaces } = options;
  const before = String(replaces?.data.text ?? '');
  const typed = field(t('text'), { rows: 6, hint: t('noNames'), value: before });
  typed.input.setAttribute('autofocus', '');
  openPanel({
    title: later ? t('noteFor', { ref: reference(later) }) : t('note'),
    unsaved: () => typed.input.value.trim() !== before.trim(),
    build: (close) => [
      el('div', { class: 'content' }, typed.node),
      el(
        'div',
        { class: 'foot' },
        button(
          {
            class: 'button primary',
            press: async () => {
              const text = typed.input.value.trim();
              if (!text) {
                typed.input.focus();
                return;
              }
              const data = { text, later: later !== undefined };
              const kept = await attempt(
                () =>
                  app.journal.add('note', data, {
                    ...(later ? { observation: later } : {}),
                    ...(replaces ? { corrects: replaces.id } : {}),
                  }),
                t('keptNote'),
              );
              if (!kept) return;
              feel();
              close();
              options.done?.();
            },
          },
          t('keep'),
        ),
      ),
    ],
  });
}

export function openQuote(app: App, replaces?: Entry, about: number | null = null): void {
  const data = replaces?.data ?? {};
  let officer = typeof data.officer === 'number' ? data.officer : about;
  let exact = data.exact !== false;
  let lang = typeof data.lang === 'string' ? data.lang : 'fr';
  const before = String(data.text ?? '');
  const typed = field(t('said'), { rows: 4, value: before });
  typed.input.setAttribute('autofocus', '');
  openPanel({
    title: t('quote'),
    unsaved: () => typed.input.value.trim() !== before.trim(),
    build: (close) => [
      el(
        'div',
        { class: 'content' },
        officerChips(app, officer, (n) => {
          officer = n;
        }),
        typed.node,
        choices(
          t('exact'),
          [
            { value: 'word', label: t('word') },
            { value: 'sense', label: t('sense') },
          ],
          exact ? 'word' : 'sense',
          (value) => {
            exact = value === 'word';
          },
          'chips',
        ),
        choices(
          t('language'),
          [
            { value: 'fr', label: t('fr') },
            { value: 'en', label: t('en') },
            { value: 'und', label: t('other') },
          ],
          lang,
          (value) => {
            lang = value;
          },
          'chips',
        ),
      ),
      el(
        'div',
        { class: 'foot' },
        button(
          {
            class: 'button primary',
            press: async () => {
              const text = typed.input.value.trim();
              if (!text) {
                typed.input.focus();
                return;
              }
              const quote = { officer, text, exact, lang };
              if (
                !(await attempt(
                  () => app.journal.add('quote', quote, replaces ? { corrects: replaces.id } : {}),
                  t('keptQuote'),
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
    ],
  });
}
