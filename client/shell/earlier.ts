/** Observations of this phone: while locked, reference, time and what became of each item; nothing of their contents. */

import { openNote } from '../journal/note';
import { entryRow } from '../journal/observation';
import type { Observation } from '../journal/store';
import type { Entry, ItemView } from '../lib/contracts';
import { reference } from '../lib/ids';
import { catalogue, date, number, time } from '../lib/text';
import type { App, Screen } from './app';
import { button, el, fill } from './dom';
import { page, paragraph, row, section } from './frame';
import { icon } from './icons';
import { isSafe, kindWord, sizeWord, stateWord } from './items';
import { attempt } from './live';
import { confirm, openPanel } from './panel';

const t = catalogue({
  en: {
    title: 'Earlier',
    none: 'Nothing yet. Each observation stays in this list by its reference and time.',
    open: 'open now',
    finished: 'finished',
    trial: 'practice',
    entries: (p: { n: number }) => `${number(p.n)} entries`,
    media: 'Photos, films, sounds',
    noMedia: 'None on this phone.',
    locked: 'What is inside can’t be shown: this phone has no key for it.',
    unlock: 'Unlock to play and read',
    addNote: 'Add a note',
    contents: 'Entries',
    play: 'Play',
    remove: 'Remove from this phone',
    removeSafe: 'The server has it. Remove the copy on this phone?',
    removeLost: 'The server does not have this yet. Remove it from this phone all the same?',
    removeForGood:
      'Nobody else has this. Removed now, it is gone for good and nothing brings it back. Only a signed note stays, that it was removed.',
    keepIt: 'Keep it',
    forGood: 'Remove for good',
    removed: 'Removed',
    allItems: (p: { n: number; safe: number }) =>
      `${number(p.n)} sealed, ${number(p.safe)} safe on the server`,
  },
  fr: {
    title: 'Précédentes',
    none: 'Rien pour l’instant. Chaque observation reste dans cette liste par sa référence et son heure.',
    open: 'ouverte',
    finished: 'terminée',
    trial: 'exercice',
    entries: (p) => `${number(p.n)} saisies`,
    media: 'Photos, films, sons',
    noMedia: 'Aucun sur ce téléphone.',
    locked: 'Le contenu ne peut pas s’afficher : ce téléphone n’en a pas la clé.',
    unlock: 'Déverrouiller pour lire',
    addNote: 'Ajouter une note',
    contents: 'Saisies',
    play: 'Lire',
    remove: 'Retirer de ce téléphone',
    removeSafe: 'Le serveur l’a reçu. Retirer la copie de ce téléphone ?',
    removeLost: 'Le serveur ne l’a pas encore. Le retirer quand même de ce téléphone ?',
    removeForGood:
      'Personne d’autre ne l’a. Retiré maintenant, il est perdu pour de bon et rien ne le ramènera. Seule reste une note signée de ce retrait.',
    keepIt: 'Garder',
    forGood: 'Retirer pour de bon',
    removed: 'Retiré',
    allItems: (p) => `${number(p.n)} scellés, ${number(p.safe)} en sûreté sur le serveur`,
  },
});

export async function earlier(app: App, [id]: string[]): Promise<Screen> {
  const all = await app.journal.earlier();
  const chosen = all.find((observation) => observation.id === id);
  return chosen ? one(app, chosen) : list(app, all);
}

async function list(app: App, all: Observation[]): Promise<Screen> {
  const items = await app.depot.items();
  const rows = all.map((observation) => {
    const mine = items.filter((item) => item.observation === observation.id);
    const when = `${date(observation.startedAt)}, ${time(observation.startedAt)}`;
    const state = observation.finished ? '' : t('open');
    const facts = [
      when,
      state,
      observation.trial ? t('trial') : '',
      t('allItems', { n: mine.length, safe: mine.filter(isSafe).length }),
    ];
    return row('earlier', reference(observation.id), facts.filter(Boolean).join(' · '), () =>
      app.go(`earlier/${observation.id}`),
    );
  });
  return {
    node: page(
      app,
      { title: t('title') },
      rows.length > 0 ? el('nav', { class: 'rows figures' }, ...rows) : paragraph(t('none'), 'lead'),
    ),
  };
}

async function one(app: App, observation: Observation): Promise<Screen> {
  const media = el('ul', { class: 'item-list' });
  const contents = el('ol', { class: 'entries' });
  const unlock = el('div');
  const draw = async () => {
    const items = (await app.depot.items()).filter((item) => item.observation === observation.id);
    const files = items.filter(({ kind }) => kind !== 'entry').sort((a, b) => b.startedAt - a.startedAt);
    fill(
      media,
      ...(files.length > 0
        ? files.map((item) => itemRow(app, item))
        : [el('li', { class: 'muted' }, t('noMedia'))]),
    );
    await drawContents(app, items, contents);
    const kind = await app.vault.kind();
    fill(
      unlock,
      !app.vault.unlocked() &&
        (kind === 'none'
          ? paragraph(t('locked'), 'muted')
          : button(
              { class: 'button', press: () => app.go(`vault/earlier-${observation.id}`) },
              icon('lock'),
              t('unlock'),
            )),
    );
  };
  await draw();
  const again = () => void draw();
  const stops = [app.depot.watch(again), app.vault.watch(again)];
  const facts = [
    date(observation.startedAt),
    time(observation.startedAt),
    observation.finished ? t('finished') : t('open'),
    observation.trial ? t('trial') : '',
    t('entries', { n: observation.entries }),
  ];
  const node = page(
    app,
    {
      title: reference(observation.id),
      back: 'earlier',
      foot: [
        button(
          { class: 'button primary', press: () => openNote(app, { later: observation.id, done: again }) },
          icon('note'),
          t('addNote'),
        ),
      ],
    },
    paragraph(facts.filter(Boolean).join(' · '), 'muted figures'),
    unlock,
    section(t('media'), media),
    app.vault.unlocked() && section(t('contents'), contents),
  );
  return { node, leave: () => stops.forEach((stop) => void stop()) };
}

async function drawContents(app: App, items: ItemView[], host: HTMLElement): Promise<void> {
  if (!app.vault.unlocked()) {
    fill(host);
    return;
  }
  const read = await Promise.all(
    items.filter(({ kind }) => kind === 'entry').map(({ id }) => app.vault.entry(id).catch(() => null)),
  );
  const entries = read.filter((entry): entry is Entry => entry !== null).sort((a, b) => a.seq - b.seq);
  fill(host, ...entries.map((entry) => entryRow(null, entry)));
}

function itemRow(app: App, item: ItemView): HTMLLIElement {
  const name = `${kindWord(item.kind)}, ${time(item.startedAt, true)}`;
  const sign = item.kind === 'entry' ? 'note' : item.kind;
  const detail = `${sizeWord(item)} · ${stateWord(item)}`;
  return el(
    'li',
    {},
    row(isSafe(item) ? 'safe' : sign, name, detail, () => openItem(app, item, name)),
  );
}

/** What can be done with one item here. */
function openItem(app: App, item: ItemView, name: string): void {
  const here = item.state !== 'released' && item.state !== 'recording';
  openPanel({
    title: name,
    build: (close) => [
      el(
        'div',
        { class: 'content' },
        paragraph(stateWord(item), 'lead'),
        paragraph(sizeWord(item), 'muted figures'),
        item.problem && el('p', { class: 'fact problem' }, icon('attention'), item.problem),
        here && !app.vault.unlocked() && paragraph(t('locked'), 'muted'),
      ),
      el(
        'div',
        { class: 'foot' },
        here &&
          button({ class: 'button', press: async () => (await remove(app, item)) && close() }, t('remove')),
        here &&
          app.vault.unlocked() &&
          button(
            { class: 'button primary', press: () => app.go(`play/${item.id}`) },
            icon('play'),
            t('play'),
          ),
      ),
    ],
  });
}

async function remove(app: App, item: ItemView): Promise<boolean> {
  const sure = isSafe(item) ? await confirm(t('removeSafe'), t('remove')) : await askTwice();
  if (!sure) return false;
  return attempt(() => app.depot.remove(item.id), t('removed'));
}

/** Two acts with other words on other buttons: nobody gets through both by tapping twice. */
async function askTwice(): Promise<boolean> {
  return (
    (await confirm(t('removeLost'), t('remove'))) &&
    (await confirm(t('removeForGood'), t('forGood'), { no: t('keepIt') }))
  );
}
