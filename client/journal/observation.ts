/** The open observation: where, who, what was entered, and the way to close it. */
import type { Entry } from '../lib/contracts';
import { reference } from '../lib/ids';
import { catalogue, number, time } from '../lib/text';
import type { App, Screen } from '../shell/app';
import { button, el, field, fill } from '../shell/dom';
import { act, page, section } from '../shell/frame';
import { icon } from '../shell/icons';
import { attempt, tell } from '../shell/live';
import { confirm, openPanel } from '../shell/panel';
import { openCounter } from './counter';
import { describe } from './describe';
import { openNote, openQuote } from './note';
import { openOfficer } from './officer';
import { officerName } from './officers';
import { openPad } from './pad';
import { actionRow, openCode, tileGrid } from './tiles';
import { openUnit } from './unit';
import { label } from './vocabulary';

const t = catalogue({
  en: {
    none: 'No observation is open',
    noneLead: 'It opens with the first photo, film, sound or entry.',
    since: (p: { time: string }) => `Open since ${p.time}. It closes by itself after 30 quiet minutes.`,
    where: 'Where',
    found: (p: { metres: number }) => `Position known to ±${number(p.metres)} m`,
    looking: 'Looking for a position. Nothing waits for it.',
    refused: 'No fix: position is not allowed for this app. Nothing is blocked.',
    noFix: 'No fix',
    off: 'Position is off',
    site: 'Coded site',
    siteHint: 'As your team calls it, for example BX. Goes before the position.',
    officers: 'Officers',
    noRio: 'no RIO yet',
    sealedBefore: 'sealed before the restart',
    addOfficer: 'New officer',
    entries: 'Entries',
    reloaded: (p: { n: number }) =>
      `${number(p.n)} more are sealed. The app was closed since: their contents can’t be shown here.`,
    correct: 'Correct',
    withdraw: 'Withdraw',
    withdrawAsk: 'Withdraw this entry? The legal team still sees that it was made and taken back.',
    withdrawn: 'Withdrawn',
    unit: 'Unit, vehicle',
    finish: 'Finish',
    finishAsk:
      'Finish this observation? What is sealed stays sealed. Notes can still be added under Earlier.',
    finished: 'Observation finished',
    noEntries: 'Nothing entered yet.',
  },
  fr: {
    none: 'Aucune observation ouverte',
    noneLead: 'Elle s’ouvre à la première photo, au premier film, son ou à la première saisie.',
    since: (p) => `Ouverte depuis ${p.time}. Elle se ferme seule après 30 minutes de calme.`,
    where: 'Lieu',
    found: (p) => `Position connue à ±${number(p.metres)} m`,
    looking: 'Recherche de la position. Rien n’attend après elle.',
    refused: 'Pas de position : non autorisée pour cette application. Rien n’est bloqué.',
    noFix: 'Pas de position',
    off: 'Position désactivée',
    site: 'Site codé',
    siteHint: 'Comme votre équipe l’appelle, par exemple BX. Passe avant la position.',
    officers: 'Agents',
    noRio: 'pas encore de RIO',
    sealedBefore: 'scellé avant le redémarrage',
    addOfficer: 'Nouvel agent',
    entries: 'Saisies',
    reloaded: (p) =>
      `${number(p.n)} autres sont scellées. L’application a été fermée depuis : leur contenu ne peut plus s’afficher ici.`,
    correct: 'Corriger',
    withdraw: 'Retirer',
    withdrawAsk: 'Retirer cette saisie ? L’équipe juridique verra encore qu’elle a été faite puis retirée.',
    withdrawn: 'Retirée',
    unit: 'Unité, véhicule',
    finish: 'Terminer',
    finishAsk:
      'Terminer cette observation ? Ce qui est scellé le reste. On peut encore ajouter des notes dans Précédentes.',
    finished: 'Observation terminée',
    noEntries: 'Rien de saisi pour l’instant.',
  },
});

export function observation(app: App): Screen {
  const open = app.journal.open;
  if (!open) return { node: page(app, { title: t('none') }, el('p', { class: 'lead' }, t('noneLead'))) };

  const where = el('p', { class: 'fact' });
  const officers = el('div', { class: 'rows' });
  const list = el('ol', { class: 'entries' });
  const site = field(t('site'), { hint: t('siteHint'), value: app.journal.place.site });
  site.input.addEventListener('input', () => app.journal.place.setSite(site.input.value));
  const draw = () => {
    fill(where, icon('pin'), placeWords(app));
    drawOfficers(app, officers);
    drawEntries(app, list);
  };
  draw();
  const stop = app.journal.watch(() => {
    if (app.journal.open) draw();
    else app.go('home');
  });
  const node = page(
    app,
    {
      title: reference(open.id),
      class: 'observation',
      aside: button({ class: 'button small', press: () => finish(app) }, t('finish')),
      foot: [tileGrid(app), actionRow(app)],
    },
    el('p', { class: 'muted' }, t('since', { time: time(open.startedAt) })),
    section(t('where'), where, site.node),
    section(
      t('officers'),
      officers,
      act('vehicle', t('unit'), () => openUnit(app), 'wide'),
    ),
    section(t('entries'), list),
  );
  return { node, leave: stop };
}

function placeWords(app: App): string {
  const { fix, accuracy } = app.journal.place;
  if (fix === 'found') return t('found', { metres: accuracy ?? 0 });
  if (fix === 'looking' || fix === 'refused' || fix === 'off') return t(fix);
  return t('noFix');
}

function drawOfficers(app: App, host: HTMLElement): void {
  fill(
    host,
    ...app.journal.officers.map((officer) => {
      const rio = officer.rio ? describe(officer.rio).detail : t(officer.known ? 'noRio' : 'sealedBefore');
      const force = officer.force ? label('force', officer.force) : '';
      return button(
        { class: 'row', press: () => openOfficer(app, officer.n) },
        icon('officer'),
        el(
          'span',
          { class: 'row-text' },
          el('span', {}, [officerName(officer.n), force].filter(Boolean).join(' · ')),
          el('small', { class: 'figures' }, rio),
        ),
        icon('next'),
      );
    }),
    button(
      { class: 'row', press: () => openPad(app, { officer: app.journal.nextOfficer }) },
      icon('plus'),
      el('span', { class: 'row-text' }, t('addOfficer')),
    ),
  );
}

function drawEntries(app: App, host: HTMLElement): void {
  const standing = app.journal.standing.filter(({ type }) => type !== 'open').reverse();
  const unseen = (app.journal.open?.entries ?? 0) - app.journal.entries.length;
  fill(
    host,
    ...standing.map((entry) => entryRow(app, entry)),
    standing.length === 0 && unseen === 0 && el('li', { class: 'muted' }, t('noEntries')),
    unseen > 0 && el('li', { class: 'muted' }, t('reloaded', { n: unseen })),
  );
}

export function entryRow(app: App | null, entry: Entry): HTMLLIElement {
  const { icon: name, title, detail } = describe(entry);
  const inner = [
    icon(name),
    el(
      'span',
      { class: 'row-text' },
      el('span', { class: 'wrap' }, title),
      detail ? el('small', { class: 'figures' }, detail) : null,
    ),
    el('time', { class: 'figures muted' }, time(entry.clock.wall, true)),
  ];
  const editable = app && entry.type in editors;
  return el(
    'li',
    {},
    editable
      ? button({ class: 'row', press: () => choose(app, entry) }, ...inner)
      : el('div', { class: 'row still' }, ...inner),
  );
}

const editors: Record<string, (app: App, entry: Entry) => void> = {
  officer: (app, entry) => openOfficer(app, Number(entry.data.officer)),
  rio: (app, entry) => openPad(app, { replaces: entry }),
  unit: (app, entry) => openUnit(app, null, '', entry),
  code: (app, entry) => openCode(app, String(entry.data.code), entry),
  count: (app, entry) => openCounter(app, entry),
  quote: (app, entry) => openQuote(app, entry),
  note: (app, entry) => openNote(app, { replaces: entry }),
};

/** Correct or take back: both are new entries that name this one. */
function choose(app: App, entry: Entry): void {
  const { title, detail } = describe(entry);
  openPanel({
    title,
    build: (close) => [
      el(
        'div',
        { class: 'content' },
        el('p', { class: 'figures' }, [time(entry.clock.wall, true), detail].filter(Boolean).join(' · ')),
      ),
      el(
        'div',
        { class: 'foot' },
        button(
          {
            class: 'button',
            press: async () => {
              if (!(await confirm(t('withdrawAsk'), t('withdraw')))) return;
              const data = { ...entry.data, withdrawn: true };
              if (
                await attempt(() => app.journal.add(entry.type, data, { corrects: entry.id }), t('withdrawn'))
              )
                close();
            },
          },
          t('withdraw'),
        ),
        button(
          {
            class: 'button primary',
            press: () => {
              close();
              editors[entry.type]?.(app, entry);
            },
          },
          t('correct'),
        ),
      ),
    ],
  });
}

async function finish(app: App): Promise<void> {
  if (!(await confirm(t('finishAsk'), t('finish'), { loss: false }))) return;
  if (await attempt(() => app.journal.finish())) {
    tell(t('finished'));
    app.go('home');
  }
}
