/** The RIO pad: a box for each digit, large keys, and words for a number that can't be read. */
import type { Entry } from '../lib/contracts';
import { catalogue } from '../lib/text';
import type { App } from '../shell/app';
import { button, el, fill } from '../shell/dom';
import { attempt, feel } from '../shell/live';
import { openPanel } from '../shell/panel';
import { type Boxes, current, empty, erase, isFragment, put, select, toggleUnsure } from './boxes';
import { forceSelect } from './force';
import { type More, openMore } from './more';
import { officerChips, officerName } from './officers';
import { drawBoxes, keys, setToggle, toggle } from './padparts';
import { openUnit } from './unit';
import { DIGITS, type Draft, type Reading, read, type Status, settle } from './validate';

const t = catalogue({
  en: {
    boxes: 'Digits of the RIO',
    unsure: 'Unsure',
    start: 'Start',
    anywhere: 'Some-\u200bwhere',
    end: 'End',
    where: 'Where the digits stand',
    notWorn: 'Not worn',
    covered: 'Covered',
    unreadable: 'Un\u00adread\u00adable',
    refused: 'Refused',
    seen: 'What was seen',
    checked: 'I could see chest, shoulders and armband',
    unchecked: 'Without this it is kept as “could not look”.',
    more: 'More',
    unit: 'Unit, vehicle',
    done: 'Done',
    kept: (p: { name: string }) => `${p.name}: sealed`,
    longer: (p: { of: number }) => `More than ${p.of} digits: kept as another number. A card, a plate?`,
    letters: 'Letters: kept as typed, as another number. An O may be a zero, an I a one.',
    some: (p: { n: number; of: number }) => `${p.n} of ${p.of}, place not known`,
    placed: (p: { n: number; of: number }) => `${p.n} of ${p.of}`,
    nothing: 'Type what you can read, or choose below.',
  },
  fr: {
    boxes: 'Chiffres du RIO',
    unsure: 'Incer\u00adtain',
    start: 'Début',
    anywhere: 'Quelque part',
    end: 'Fin',
    where: 'Où se trouvent les chiffres',
    notWorn: 'Non porté',
    covered: 'Masqué',
    unreadable: 'Illisible',
    refused: 'Refusé',
    seen: 'Ce qui a été vu',
    checked: 'Je voyais la poitrine, les épaules et le brassard',
    unchecked: 'Sans cela, c’est gardé comme « non vérifié ».',
    more: 'Plus',
    unit: 'Unité, véhicule',
    done: 'Terminé',
    kept: (p) => `${p.name} : scellé`,
    longer: (p) => `Plus de ${p.of} chiffres : gardé comme un autre numéro. Une carte, une plaque ?`,
    letters: 'Des lettres : gardé tel quel, comme un autre numéro. Un O peut être un zéro, un I un un.',
    some: (p) => `${p.n} sur ${p.of}, place inconnue`,
    placed: (p) => `${p.n} sur ${p.of}`,
    nothing: 'Tapez ce que vous lisez, ou choisissez ci-dessous.',
  },
});

const CHIPS = [
  ['NOT_WORN', 'notWorn'],
  ['COVERED', 'covered'],
  ['UNREADABLE', 'unreadable'],
] as const;

/** `replaces`: a reading to correct. Without it the pad is for a new officer, or the last one who has no reading yet. */
export function openPad(app: App, options: { officer?: number; replaces?: Entry } = {}): void {
  const { replaces } = options;
  const length = app.enrolled?.rioDigits ?? DIGITS;
  const old = replaces?.data as Partial<Reading> | undefined;
  let officer =
    old?.officer ??
    options.officer ??
    app.journal.officers.find(({ rio, known }) => known && !rio)?.n ??
    app.journal.nextOfficer;
  let force = app.journal.officers[officer - 1]?.force ?? '';
  let boxes: Boxes = startingBoxes(old, length);
  let status: Status | null = old?.status && !/^READ/.test(old.status) ? old.status : null;
  let checked = old?.checked ?? false;
  let more: More = { asked: old?.asked ?? 'NOT_ASKED', how: old?.how ?? 'eye', status };
  const begun = { text: boxes.text, status, asked: more.asked };
  const dirty = () => boxes.text !== begun.text || status !== begun.status || more.asked !== begun.asked;
  const hasDigits = () => read(boxes.text, length).kind !== 'empty';
  const told = () => more.asked === 'GIVEN' && more.how === 'told';

  const row = el('div', { class: 'boxes', at: { role: 'group', 'aria-label': t('boxes') } });
  const says = el('p', { class: 'boxes-say', at: { role: 'status' } });
  const statusChips = CHIPS.map(([code, word]) => ({
    code,
    node: toggle('chip', t(word), () => {
      status = status === code ? null : code;
      more = { ...more, status };
      draw();
    }),
  }));
  const refused = toggle('chip', t('refused'), () => {
    more = { ...more, asked: more.asked === 'REFUSED' ? 'NOT_ASKED' : 'REFUSED' };
    draw();
  });
  const chips = el(
    'div',
    { class: 'chips four', at: { role: 'group', 'aria-label': t('seen') } },
    ...statusChips.map(({ node }) => node),
    refused,
  );
  const seen = el('div', { class: 'seen' });
  const anchors = (['start', 'anywhere', 'end'] as const).map((anchor) => ({
    anchor,
    node: toggle('key side', t(anchor), () => act({ ...boxes, anchor })),
  }));
  const unsure = toggle('key side', t('unsure'), () => act(toggleUnsure(boxes, current(boxes))));
  const places = el(
    'div',
    { class: 'pad-side', at: { role: 'group', 'aria-label': t('where') } },
    ...anchors.map(({ node }) => node),
    unsure,
  );
  const forces = forceSelect(force, (value) => {
    force = value;
  });

  const act = (next: Boxes) => {
    boxes = next;
    // Digits say what was read; "not worn, but told aloud" is the one case that has both.
    if (hasDigits() && !told()) status = null;
    feel();
    draw();
  };
  const draw = () => {
    drawBoxes(row, boxes, (box) => act(select(boxes, box)));
    says.textContent = sentence(boxes);
    for (const { code, node } of statusChips) setToggle(node, status === code, hasDigits() && !told());
    setToggle(refused, more.asked === 'REFUSED');
    for (const { anchor, node } of anchors)
      setToggle(node, isFragment(boxes) && boxes.anchor === anchor, !isFragment(boxes));
    const at = current(boxes);
    setToggle(unsure, boxes.unsure.includes(at), !/[0-9]/.test(boxes.text[at] ?? ''));
    drawSeen();
  };
  const drawSeen = () => {
    if (status !== 'NOT_WORN') {
      fill(seen);
      return;
    }
    const box = el('input', {
      at: { type: 'checkbox', checked },
      on: {
        change: () => {
          checked = box.checked;
          hint.hidden = checked;
        },
      },
    });
    const hint = el('small', {}, t('unchecked'));
    hint.hidden = checked;
    fill(seen, el('label', { class: 'check' }, box, el('span', {}, t('checked'), hint)));
  };

  const save = async (close: () => void) => {
    const draft: Draft = {
      officer,
      text: boxes.text,
      anchor: boxes.anchor,
      unsure: [...boxes.unsure],
      status,
      asked: more.asked,
      how: more.how,
      checked,
    };
    const kept = await attempt(
      async () => {
        if (force && app.journal.officers[officer - 1]?.force !== force)
          await app.journal.add('officer', { officer, force, look: '' });
        await app.journal.add('rio', { ...settle(draft, length) }, replaces ? { corrects: replaces.id } : {});
      },
      t('kept', { name: officerName(officer) }),
    );
    if (!kept) return;
    feel();
    close();
  };

  const heading = el('span', {}, ...spoken(officer));
  openPanel({
    title: heading,
    aside: forces.node,
    class: 'full pad-panel',
    unsaved: dirty,
    build: (close) => {
      draw();
      return [
        el(
          'div',
          { class: 'content pad-content' },
          officerChips(
            app,
            officer,
            (n) => {
              if (n === null) return;
              officer = n;
              force = app.journal.officers[n - 1]?.force ?? force;
              forces.set(force);
              fill(heading, ...spoken(n));
            },
            false,
          ),
          row,
          says,
        ),
        el(
          'div',
          { class: 'foot pad-foot' },
          chips,
          seen,
          el(
            'div',
            { class: 'pad' },
            keys(
              (sign) => act(put(boxes, sign)),
              () => act(erase(boxes)),
            ),
            places,
          ),
          el(
            'div',
            { class: 'triple' },
            button(
              {
                class: 'button',
                press: () =>
                  openMore(more, (next) => {
                    more = next;
                    status = next.status;
                    draw();
                  }),
              },
              t('more'),
            ),
            button({ class: 'button', press: () => openUnit(app, officer, force) }, t('unit')),
            button({ class: 'button primary', press: () => save(close) }, t('done')),
          ),
        ),
      ];
    },
  });
  row.closest('dialog')?.addEventListener('keydown', (event) => {
    if (event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[0-9?a-z\u0660-\u0669\u06f0-\u06f9]$/i.test(event.key)) act(put(boxes, event.key));
    else if (event.key === 'Backspace') act(erase(boxes));
    else return;
    event.preventDefault();
  });
}

/** "Officer 2" is enough to see; to hear, it needs saying that this is about the RIO. */
function spoken(officer: number): (Node | string)[] {
  return [el('span', { class: 'unseen' }, 'RIO, '), officerName(officer)];
}

function startingBoxes(old: Partial<Reading> | undefined, length: number): Boxes {
  const none = empty(length);
  if (old?.pattern)
    return { ...none, text: old.pattern, cursor: old.pattern.length, unsure: old.unsure ?? [] };
  const [fragment] = old?.fragments ?? [];
  if (fragment)
    return { ...none, text: fragment.digits, cursor: fragment.digits.length, anchor: fragment.anchor };
  if (old?.other) return { ...none, text: old.other, cursor: old.other.length };
  return none;
}

function sentence(boxes: Boxes): string {
  const of = boxes.length;
  const typed = read(boxes.text, of);
  if (typed.kind === 'other') return typed.question === 'longer' ? t('longer', { of }) : t('letters');
  const known = boxes.text.replace(/\?/g, '').length;
  if (typed.kind === 'empty') return t('nothing');
  return typed.kind === 'fragment' && boxes.anchor === 'anywhere'
    ? t('some', { n: known, of })
    : t('placed', { n: known, of });
}
