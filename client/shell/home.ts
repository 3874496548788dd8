/** The first screen: state above, five acts in the thumb's reach, what is safe and what waits at the bottom. */
import { openNote } from '../journal/note';
import { openPad } from '../journal/pad';
import { openTiles } from '../journal/tiles';
import type { ItemView, Sync } from '../lib/contracts';
import { reference } from '../lib/ids';
import { catalogue, number, size, time } from '../lib/text';
import type { App, Screen } from './app';
import { button, el, fill } from './dom';
import { act, row, trialLine } from './frame';
import { icon } from './icons';
import { isSafe, kindWord, stateWord } from './items';
import { scarceRoom } from './storage';
import { offerOfRestart } from './update';

const t = catalogue({
  en: {
    title: 'Start',
    none: 'No open observation',
    opens: 'It opens by itself.',
    open: 'Observation',
    since: 'since',
    officers: (p: { n: number }) => `Officers so far: ${number(p.n)}`,
    settings: 'Settings',
    photo: 'Photo',
    film: 'Film',
    sound: 'Sound',
    note: 'Note',
    rio: 'RIO',
    codes: 'Codes',
    last: (p: { kind: string; time: string }) => `${p.kind}, ${p.time}`,
    nothing: 'Nothing recorded yet.',
    earlier: 'Earlier',
    import: 'Import files',
    card: 'Your rights',
    safe: (p: { n: number }) => `Safe: ${number(p.n)}`,
    waiting: (p: { n: number }) => `Waiting: ${number(p.n)}`,
    bottom: 'What is sent',
    practice: 'Practice keys: only for trying out',
    revoked:
      'This phone is no longer enrolled. What is sealed stays here. Ask your organisation for a new invitation.',
    enrol: 'Enrol again',
  },
  fr: {
    title: 'Accueil',
    none: 'Aucune observation ouverte',
    opens: 'Elle s’ouvre d’elle-même.',
    open: 'Observation',
    since: 'depuis',
    officers: (p) => `Agents jusqu’ici : ${number(p.n)}`,
    settings: 'Réglages',
    photo: 'Photo',
    film: 'Film',
    sound: 'Son',
    note: 'Note',
    rio: 'RIO',
    codes: 'Codes',
    last: (p) => `${p.kind}, ${p.time}`,
    nothing: 'Rien d’enregistré pour l’instant.',
    earlier: 'Précédentes',
    import: 'Importer des fichiers',
    card: 'Vos droits',
    safe: (p) => `En sûreté : ${number(p.n)}`,
    waiting: (p) => `En attente : ${number(p.n)}`,
    bottom: 'Ce qui est envoyé',
    practice: 'Clés d’exercice : pour essayer seulement',
    revoked:
      'Ce téléphone n’est plus inscrit. Ce qui est scellé reste ici. Demandez une nouvelle invitation à votre organisation.',
    enrol: 'Inscrire à nouveau',
  },
});

export function home(app: App): Screen {
  const head = el('div', { class: 'home-head' });
  const last = el('div', { class: 'card last' });
  const room = el('div');
  const sync = button({ class: 'sync-line', press: () => app.go('sync') });

  const drawHead = () => {
    const open = app.journal.open;
    const officers = open?.officers ?? 0;
    fill(
      head,
      open
        ? button(
            {
              class: 'reference',
              press: () => app.go('observation'),
            },
            el('span', { class: 'unseen' }, t('open')),
            el('strong', {}, reference(open.id)),
            el('span', { class: 'unseen' }, t('since')),
            el('span', { class: 'muted' }, time(open.startedAt)),
          )
        : el('p', { class: 'reference none' }, el('span', {}, t('none')), el('small', {}, t('opens'))),
      officers > 0 &&
        el(
          'span',
          { class: 'officers', at: { role: 'img', 'aria-label': t('officers', { n: officers }) } },
          icon('officer'),
          number(officers),
        ),
      button(
        { class: 'icon-button', name: t('settings'), press: () => app.go('settings') },
        icon('settings'),
      ),
    );
  };
  const drawItems = async () => {
    const items = await app.depot.items();
    fill(last, ...lastThing(items));
  };
  const drawSync = (state: Sync) => {
    fill(
      sync,
      el('span', { class: 'fact safe' }, icon('safe'), el('span', {}, t('safe', { n: state.safe }))),
      el(
        'span',
        { class: state.waiting > 0 ? 'fact waiting' : 'fact' },
        icon(state.running ? 'sending' : 'waiting'),
        el(
          'span',
          {},
          t('waiting', { n: state.waiting }),
          state.waiting > 0 ? el('small', {}, size(state.waitingBytes)) : null,
        ),
      ),
      state.problem && icon('attention'),
      state.problem && el('span', { class: 'unseen' }, state.problem),
      icon('next'),
    );
  };

  drawHead();
  void drawItems();
  void scarceRoom(app).then((line) => fill(room, line));
  void app.outbox.state().then(drawSync);
  const stops = [
    app.journal.watch(drawHead),
    app.depot.watch(() => void drawItems()),
    app.outbox.watch(drawSync),
  ];

  const node = el(
    'main',
    { class: 'screen home' },
    el('h1', { class: 'unseen', at: { tabindex: -1 } }, t('title')),
    head,
    trialLine(app),
    el(
      'div',
      { class: 'content' },
      offerOfRestart(app),
      app.enrolled?.revoked &&
        el(
          'div',
          { class: 'card attention' },
          icon('attention'),
          el('p', {}, t('revoked')),
          button({ class: 'button', press: () => app.go('enrol') }, t('enrol')),
        ),
      last,
      room,
      el(
        'nav',
        { class: 'rows' },
        row('earlier', t('earlier'), null, () => app.go('earlier')),
        row('import', t('import'), null, () => app.go('import')),
        row('card', t('card'), null, () => app.go('rights')),
      ),
      app.enrolled?.practice && el('p', { class: 'practice' }, icon('practice'), t('practice')),
    ),
    el(
      'div',
      { class: 'thumb' },
      act('photo', t('photo'), () => app.go('photo'), 'large'),
      act('film', t('film'), () => app.go('film'), 'large'),
      act('sound', t('sound'), () => app.go('sound'), 'large'),
      act('note', t('note'), () => openNote(app)),
      act('rio', t('rio'), () => openPad(app)),
      act('codes', t('codes'), () => openTiles(app)),
    ),
    sync,
  );
  return { node, leave: () => stops.forEach((stop) => void stop()) };
}

function lastThing(items: ItemView[]): (Node | string)[] {
  const newest = items
    .filter(({ kind }) => kind !== 'entry')
    .reduce<ItemView | null>((best, item) => (!best || item.startedAt > best.startedAt ? item : best), null);
  if (!newest) return [el('p', { class: 'muted' }, t('nothing'))];
  return [
    icon(isSafe(newest) ? 'safe' : newest.kind === 'entry' ? 'note' : newest.kind),
    el(
      'p',
      {},
      el(
        'strong',
        { class: 'figures' },
        t('last', { kind: kindWord(newest.kind), time: time(newest.startedAt, true) }),
      ),
      el('span', { class: 'muted' }, stateWord(newest)),
    ),
  ];
}
