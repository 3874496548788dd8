/** Conduct codes under the thumb: one tap stamps, a long press asks first. */
import type { Entry } from '../lib/contracts';
import { catalogue, time } from '../lib/text';
import type { App } from '../shell/app';
import { button, choices, el, fill } from '../shell/dom';
import { type IconName, icon } from '../shell/icons';
import { attempt, feel, tell } from '../shell/live';
import { openPanel } from '../shell/panel';
import { openCounter } from './counter';
import { openNote, openQuote } from './note';
import { officerChips } from './officers';
import { openPad } from './pad';
import { type CodeTerm, codeTerm, groups, label, lists, search, shortLabel, tiles } from './vocabulary';

const t = catalogue({
  en: {
    codes: 'Codes',
    search: 'Search codes',
    all: 'All codes',
    last: 'Last used',
    nothing: 'No code has these words.',
    stamped: (p: { code: string; time: string }) => `${p.code}, ${p.time}`,
    basis: 'How do you know?',
    more: 'Officer and basis',
    keep: 'Keep',
    rio: 'RIO',
    count: 'Count',
    quote: 'Quote',
    note: 'Note',
    tools: 'Entries',
  },
  fr: {
    codes: 'Codes',
    search: 'Chercher un code',
    all: 'Tous les codes',
    last: 'Derniers utilisés',
    nothing: 'Aucun code ne contient ces mots.',
    stamped: (p) => `${p.code}, ${p.time}`,
    basis: 'Comment le savez-vous ?',
    more: 'Agent et source',
    keep: 'Garder',
    rio: 'RIO',
    count: 'Compte',
    quote: 'Citation',
    note: 'Note',
    tools: 'Saisies',
  },
});

const HOLD = 500;
const OFFER = 3000;

/** Seals the code now, as seen by the observer, and offers officer and basis for three seconds. */
async function stamp(app: App, code: string): Promise<void> {
  feel();
  let entry: Entry | null = null;
  const kept = await attempt(async () => {
    entry = await app.journal.add('code', { code, officer: null, basis: 'SAW' });
  });
  if (kept && entry) offer(app, entry);
}

let offered: { node: HTMLElement; timer: ReturnType<typeof setTimeout> } | null = null;

function offer(app: App, entry: Entry): void {
  if (offered) {
    clearTimeout(offered.timer);
    offered.node.remove();
  }
  const code = String(entry.data.code);
  const text = t('stamped', {
    code: shortLabel(code).replaceAll('\u00ad', ''),
    time: time(entry.clock.wall, true),
  });
  const gone = () => {
    node.remove();
    offered = null;
  };
  const node = el(
    'div',
    { class: 'offer' },
    el('p', {}, icon('done'), text),
    button(
      {
        class: 'button',
        press: () => {
          gone();
          openCode(app, code, entry);
        },
      },
      t('more'),
    ),
  );
  const dialogs = document.querySelectorAll('dialog[open]');
  (dialogs[dialogs.length - 1] ?? document.querySelector('main') ?? document.body).append(node);
  offered = { node, timer: setTimeout(gone, OFFER) };
  // Stays while it is being used, by finger or by keyboard.
  for (const name of ['pointerenter', 'focusin'] as const)
    node.addEventListener(name, () => offered && clearTimeout(offered.timer));
  tell(text);
}

/** Asks for officer and basis. `replaces`: the entry stamped already, which this one then corrects. */
export function openCode(app: App, code: string, replaces?: Entry): void {
  const data = replaces?.data ?? {};
  let officer = typeof data.officer === 'number' ? data.officer : null;
  let basis = typeof data.basis === 'string' ? data.basis : 'SAW';
  openPanel({
    title: codeTerm(code) ? label('code', code) : code,
    build: (close) => [
      el(
        'div',
        { class: 'content' },
        officerChips(app, officer, (n) => {
          officer = n;
        }),
        choices(
          t('basis'),
          lists.basis.map(({ code: value }) => ({ value, label: label('basis', value) })),
          basis,
          (value) => {
            basis = value;
          },
        ),
      ),
      el(
        'div',
        { class: 'foot' },
        button(
          {
            class: 'button primary',
            press: async () => {
              const kept = await attempt(() =>
                app.journal.add('code', { code, officer, basis }, replaces ? { corrects: replaces.id } : {}),
              );
              if (!kept) return;
              feel();
              tell(label('code', code));
              close();
            },
          },
          t('keep'),
        ),
      ),
    ],
  });
}

function tile(app: App, code: string, after?: () => void): HTMLButtonElement {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let held = false;
  const hold = () => {
    held = true;
    feel();
    after?.();
    openCode(app, code);
  };
  const short = shortLabel(code);
  const node = button(
    {
      class: 'tile',
      press: () => {
        if (held) {
          held = false;
          return;
        }
        after?.();
        return stamp(app, code);
      },
      on: {
        pointerdown: () => {
          held = false;
          clearTimeout(timer);
          timer = setTimeout(hold, HOLD);
        },
        pointerup: () => clearTimeout(timer),
        pointerleave: () => clearTimeout(timer),
        pointercancel: () => clearTimeout(timer),
        contextmenu: (event) => {
          event.preventDefault();
          clearTimeout(timer);
          if (!held) hold();
        },
      },
    },
    short,
    // The whole label is read out after what stands on the tile.
    el('span', { class: 'unseen' }, `: ${label('code', code)}`),
  );
  return node;
}

/** Eight tiles. Their order is that of the moment the screen opened: under the thumb nothing moves. */
export function tileGrid(app: App): HTMLElement {
  return el(
    'div',
    { class: 'tiles', at: { role: 'group', 'aria-label': t('last') } },
    ...tiles(app.journal.used).map((code) => tile(app, code)),
  );
}

/** What can be entered besides codes, in one row. */
export function actionRow(app: App): HTMLElement {
  const tool = (name: IconName, text: string, press: () => unknown) =>
    button({ class: 'tool', press }, icon(name), el('span', {}, text));
  return el(
    'div',
    { class: 'tools', at: { role: 'group', 'aria-label': t('tools') } },
    tool('rio', t('rio'), () => openPad(app)),
    tool('count', t('count'), () => openCounter(app)),
    tool('quote', t('quote'), () => openQuote(app)),
    tool('note', t('note'), () => openNote(app)),
    tool('codes', t('codes'), () => openTiles(app)),
  );
}

/** Every code of the vocabulary, by search or by group. */
export function openTiles(app: App): void {
  openPanel({
    title: t('codes'),
    build: (close) => {
      const found = el('div', { class: 'code-list' });
      const query = el('input', {
        class: 'input',
        at: {
          type: 'search',
          'aria-label': t('search'),
          placeholder: t('search'),
          autocomplete: 'off',
          autocorrect: 'off',
          autocapitalize: 'off',
          spellcheck: 'false',
        },
        on: { input: () => draw() },
      });
      const line = (term: CodeTerm) => {
        const node = tile(app, term.code, close);
        node.className = 'row';
        fill(node, el('span', { class: 'row-text' }, label('code', term.code)));
        return node;
      };
      const draw = () => {
        const typed = query.value.trim();
        if (typed) {
          const terms = search(typed);
          fill(
            found,
            ...(terms.length
              ? terms.map(line)
              : [el('p', { class: 'muted', at: { role: 'status' } }, t('nothing'))]),
          );
          return;
        }
        fill(
          found,
          ...groups.map((group) =>
            el('details', { class: 'group' }, el('summary', {}, groupLabel(group)), ...group.codes.map(line)),
          ),
        );
      };
      draw();
      return [
        el('div', { class: 'content' }, query, el('h3', { class: 'section-title' }, t('all')), found),
        el('div', { class: 'foot' }, tileGridIn(app, close)),
      ];
    },
  });
}

function groupLabel(group: { en: string; fr: string }): string {
  return document.documentElement.lang === 'fr' ? group.fr : group.en;
}

function tileGridIn(app: App, close: () => void): HTMLElement {
  const grid = tileGrid(app);
  fill(grid, ...tiles(app.journal.used).map((code) => tile(app, code, close)));
  return grid;
}
