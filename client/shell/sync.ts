/** What waits, how much, when the server last answered, and what stands in the way. */
import type { ItemView, SendMode, Sync } from '../lib/contracts';
import { catalogue, date, number, plural, size, time } from '../lib/text';
import type { App, Screen } from './app';
import { carrying } from './carry';
import { button, choices, el, fill } from './dom';
import { page, section } from './frame';
import { icon } from './icons';
import { isSafe, kindWord, sizeWord, stateWord } from './items';
import { attempt } from './live';
import { storageLines } from './storage';

const t = catalogue({
  en: {
    title: 'What is sent',
    nothing: 'Nothing waits. Everything on this phone is safe on the server.',
    empty: 'Nothing recorded yet.',
    waiting: (p: { n: number; size: string }) =>
      `${number(p.n)} ${plural(p.n, 'item waits', 'items wait')}, ${p.size}`,
    running: 'Sending now',
    offline: 'Waiting for a connection',
    pressMode: 'Waiting for you to press Send',
    idle: 'Waiting',
    safe: (p: { n: number }) => `${number(p.n)} safe on the server`,
    last: (p: { when: string }) => `The server last answered ${p.when}`,
    never: 'The server has not answered yet',
    send: 'Send now',
    how: 'When to send',
    always: 'Always',
    alwaysHint: 'As soon as there is any connection, while recording too.',
    press: 'Only when I press Send',
    wifi: 'Wi-Fi only',
    wifiHint: 'Where the browser can tell.',
    waits: 'Waiting',
    more: (p: { n: number }) => `and ${number(p.n)} more entries`,
    locked: 'Sending needs no unlocking.',
    storage: 'Storage',
  },
  fr: {
    title: 'Ce qui est envoyé',
    nothing: 'Rien n’attend. Tout ce qui est sur ce téléphone est en sûreté sur le serveur.',
    empty: 'Rien d’enregistré pour l’instant.',
    waiting: (p) => `${number(p.n)} ${plural(p.n, 'élément attend', 'éléments attendent')}, ${p.size}`,
    running: 'Envoi en cours',
    offline: 'En attente d’une connexion',
    pressMode: 'En attente : touchez Envoyer',
    idle: 'En attente',
    safe: (p) => `${number(p.n)} en sûreté sur le serveur`,
    last: (p) => `Dernière réponse du serveur : ${p.when}`,
    never: 'Le serveur n’a pas encore répondu',
    send: 'Envoyer',
    how: 'Quand envoyer',
    always: 'Toujours',
    alwaysHint: 'Dès qu’il y a une connexion, même pendant l’enregistrement.',
    press: 'Seulement quand je touche Envoyer',
    wifi: 'Wi-Fi seulement',
    wifiHint: 'Là où le navigateur le sait.',
    waits: 'En attente',
    more: (p) => `et ${number(p.n)} saisies de plus`,
    locked: 'L’envoi ne demande aucun déverrouillage.',
    storage: 'Stockage',
  },
});

export async function sync(app: App): Promise<Screen> {
  const state = el('div', { class: 'stack', at: { role: 'status' } });
  const list = el('ul', { class: 'item-list' });
  const waits = section(t('waits'), list);
  let now = await app.outbox.state();
  const drawState = () => fill(state, ...stateLines(now));
  const drawItems = async () => {
    const items = (await app.depot.items()).filter((item) => !isSafe(item));
    const media = items.filter(({ kind }) => kind !== 'entry').sort((a, b) => a.size - b.size);
    const entries = items.length - media.length;
    fill(
      list,
      ...media.map(line),
      entries > 0 && el('li', { class: 'muted' }, icon('note'), ` ${t('more', { n: entries })}`),
    );
    waits.hidden = items.length === 0;
  };
  drawState();
  await drawItems();
  const stops = [
    app.outbox.watch((next) => {
      now = next;
      drawState();
    }),
    app.depot.watch(() => void drawItems()),
  ];
  const node = page(
    app,
    {
      title: t('title'),
      foot: [
        button({ class: 'button primary', press: () => app.outbox.kick(true) }, icon('sending'), t('send')),
      ],
    },
    state,
    waits,
    sendMode(app, now.mode),
    el('p', { class: 'muted' }, t('locked')),
    section(t('storage'), ...(await storageLines(app))),
    carrying(app),
  );
  return { node, leave: () => stops.forEach((stop) => void stop()) };
}

export function sendMode(app: App, mode: SendMode): HTMLElement {
  const wifi = 'connection' in navigator;
  return choices<SendMode>(
    t('how'),
    [
      { value: 'always', label: t('always'), hint: t('alwaysHint') },
      { value: 'press', label: t('press') },
      ...(wifi ? [{ value: 'wifi' as const, label: t('wifi'), hint: t('wifiHint') }] : []),
    ],
    mode,
    (value) => void attempt(() => app.outbox.mode(value)),
  );
}

function stateLines(now: Sync): HTMLElement[] {
  const lead =
    now.waiting > 0
      ? t('waiting', { n: now.waiting, size: size(now.waitingBytes) })
      : now.safe > 0
        ? t('nothing')
        : t('empty');
  const how = now.running
    ? t('running')
    : !navigator.onLine
      ? t('offline')
      : now.mode === 'press'
        ? t('pressMode')
        : t('idle');
  const contact =
    now.lastContact === null
      ? t('never')
      : t('last', { when: `${date(now.lastContact)}, ${time(now.lastContact, true)}` });
  return [
    el('p', { class: 'lead figures' }, lead),
    ...(now.waiting > 0 ? [el('p', { class: 'fact' }, icon(now.running ? 'sending' : 'waiting'), how)] : []),
    el('p', { class: 'fact safe figures' }, icon('safe'), t('safe', { n: now.safe })),
    el('p', { class: 'muted figures' }, contact),
    ...(now.problem ? [el('p', { class: 'fact problem' }, icon('attention'), now.problem)] : []),
  ];
}

function line(item: ItemView): HTMLLIElement {
  const share = item.size > 0 ? item.sent / item.size : 0;
  const name = `${kindWord(item.kind)}, ${time(item.startedAt, true)}`;
  return el(
    'li',
    { class: 'card' },
    icon(item.kind === 'entry' ? 'note' : item.kind),
    el(
      'div',
      {},
      el('strong', { class: 'figures' }, name),
      el('small', { class: 'muted figures' }, `${sizeWord(item)} · ${stateWord(item)}`),
      item.state === 'sending' && el('progress', { at: { max: 1, value: share, 'aria-label': name } }),
      item.problem && el('small', { class: 'problem' }, item.problem),
    ),
  );
}
