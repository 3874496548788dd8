/** What the browser tests drive: the real depot, seal worker and store. Bundled and served by harness.ts. */
import { base64url } from '../../lib/bytes';
import type { Entry, Recording } from '../../lib/contracts';
import { SealedDepot } from '../../lib/depot';
import { PhoneEnrolment } from '../../lib/enrol';
import { newestTail, sealedBytes, sealedSize } from '../../lib/files';
import { makeSigningKey } from '../../lib/keys';
import { type Notice, notify, onNotice } from '../../lib/notices';
import { Sealer } from '../../lib/sealer';
import { statementRow } from '../../lib/statements';
import { Store } from '../../lib/store';
import { AgeWriter, aead, chunkNonce, hasNativeChaCha, portableAead } from '../../lib/stream';
import { scriptUrl } from '../../lib/trusted';
import { startOutbox } from '../../outbox';
import type { Asking } from '../../outbox/seat';
import { SYNC_TAG } from '../../outbox/sync';
import { makeVault } from '../../vault';
import { proposePassphrase } from '../../vault/passphrase';

const store = new Store();
const sealer = new Sealer();
const depot = new SealedDepot(store, sealer);
const vault = makeVault(store);
const open = new Map<string, Recording>();

/** What the sender said of itself last. */
let heard: Notice | null = null;
const waiting: (() => void)[] = [];
onNotice((notice) => {
  if (notice !== 'sending' && notice !== 'resting') return;
  heard = notice;
  for (const next of waiting.splice(0)) next();
});

const driver = {
  async enrol(recipients: string[]) {
    const { key, jwk } = await makeSigningKey();
    const app = { name: 'Carnet', icon: '' };
    const lists = {
      pins: '',
      intake: '',
      custody: recipients.slice(1),
      intakeRecipients: recipients.slice(0, 1),
    };
    const state = { practice: true, pinnedAt: 0, intakeAt: 0, app, ended: null, warning: null };
    const keys = { key, organisationKey: jwk as JsonWebKey, serverKey: jwk as JsonWebKey };
    await store.keep('device', {
      device: 'd'.repeat(32),
      token: 'none',
      server: 'e'.repeat(32),
      ...keys,
      ...lists,
      ...state,
    });
    const first = await statementRow('d'.repeat(32), 0, 'temoin-enrolment', 'none', []);
    await store.write(['statements'], (tx) => tx.objectStore('statements').put(first));
  },
  async redeem(secret: string) {
    return await (await PhoneEnrolment.open(store)).redeem(secret);
  },
  /** Sends from this tab, or waits behind the one that does. */
  send: (seat: Asking = {}) => void startOutbox(store, sealer, seat),
  /** Resolves when the sender has nothing to do, and has said so after all that it did. A kick would set it going again. */
  async rested() {
    while (heard !== 'resting') await new Promise<void>((next) => waiting.push(next));
    // It looks once more at its rows before it sleeps: behind that.
    await store.write(['items'], (tx) => tx.objectStore('items').count());
  },
  /** As a line that came back does. */
  kick: () => notify('kick'),
  async installServiceWorker() {
    const registration = await navigator.serviceWorker.register(scriptUrl('/m/sw.js'), { type: 'module' });
    await navigator.serviceWorker.ready;
    return registration;
  },
  async wakeServiceWorker() {
    const registration = await driver.installServiceWorker();
    const channel = new MessageChannel();
    const said = new Promise<string>((heard) => {
      channel.port1.onmessage = ({ data }) => heard(String(data));
    });
    registration.active?.postMessage('wake', [channel.port2]);
    return await said;
  },
  /** As when the screen locks: a headless browser's tabs are all in front. */
  hide() {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  },
  /** Whether the browser will wake the service worker. */
  async syncAsked() {
    const registration = (await navigator.serviceWorker.ready) as ServiceWorkerRegistration & {
      sync: { getTags(): Promise<string[]> };
    };
    return (await registration.sync.getTags()).includes(SYNC_TAG);
  },
  async start(kind: 'film' | 'sound' | 'photo') {
    const recording = await depot.start(kind, {
      observation: 'a'.repeat(32),
      mime: 'video/webm',
      trial: false,
    });
    open.set(recording.item, recording);
    return recording.item;
  },
  async write(item: string, seed: number, length: number) {
    await open.get(item)?.write(pattern(seed, length));
  },
  async finish(item: string) {
    return await open.get(item)?.finish();
  },
  async entry(entry: Entry) {
    await depot.entry(entry);
  },
  proposePassphrase,
  vault: {
    create: (kind: 'passphrase' | 'passkey', passphrase?: string) => vault.create(kind, passphrase),
    unlock: (passphrase?: string) => vault.unlock(passphrase),
    lock: () => vault.lock(),
    forget: () => vault.forget(),
    unlocked: () => vault.unlocked(),
    kind: () => vault.kind(),
    size: (id: string) => vault.size(id),
    entry: (id: string) => vault.entry(id),
    read: async (id: string, from: number, length: number) => base64url(await vault.read(id, from, length)),
  },
  /** MB/s of everything: hashes, sealing, tails, flushed files; `size` bytes in slices of `slice`. */
  async pipeline(size: number, slice: number) {
    const recording = await depot.start('import', {
      observation: 'a'.repeat(32),
      mime: 'video/mp4',
      trial: false,
    });
    const began = performance.now();
    for (let at = 0; at < size; at += slice) await recording.write(new Uint8Array(slice));
    await recording.finish();
    return size / 1e6 / ((performance.now() - began) / 1000);
  },
  recover: () => depot.recover(),
  space: () => depot.space(),
  items: () => depot.items(),
  rows: () => store.items(),
  remove: (id: string) => depot.remove(id),
  /** Sealed bytes in base64url: small items only. */
  async sealed(id: string) {
    const row = await store.item(id);
    return row ? base64url(await sealedBytes(store, row, 0, await sealedSize(store, row))) : null;
  },
  async tail(id: string) {
    const row = await store.item(id);
    const tail = row && (await newestTail(store, row));
    return tail ? { ...tail, file: base64url(tail.file) } : null;
  },
  async files() {
    const names: string[] = [];
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('sealed', {
      create: true,
    });
    for await (const name of folder.keys()) names.push(name);
    return names.sort();
  },
  forgetRow: (id: string) => store.write(['items'], (tx) => tx.objectStore('items').delete(id)),
  closeUnderneath: () => store.close(),
  native: () => hasNativeChaCha(),
  /** MB/s of the writer, of a plain loop with the same cipher, and of the portable loop; 64 MiB each. */
  async speed(recipients: string[]) {
    const size = 64 * 2 ** 20;
    const slice = pattern(1, 2 ** 20);
    const time = async (work: () => Promise<void>) => {
      const began = performance.now();
      await work();
      return size / 1e6 / ((performance.now() - began) / 1000);
    };
    const writer = async () => {
      const file = await AgeWriter.begin(recipients);
      for (let at = 0; at < size; at += slice.length) await file.push(slice);
      await file.finish();
    };
    const loop = (cipher: Awaited<ReturnType<typeof aead>>) => async () => {
      for (let i = 0; i * 65536 < size; i++)
        await cipher.seal(chunkNonce(i, false), slice.subarray(0, 65536));
    };
    const fast = await aead(new Uint8Array(32).fill(3));
    // In turns, best of three: other work on the machine then hits all alike.
    const best = { writer: 0, loop: 0 };
    for (let round = 0; round < 3; round++) {
      best.loop = Math.max(best.loop, await time(loop(fast)));
      best.writer = Math.max(best.writer, await time(writer));
    }
    return { ...best, portable: await time(loop(portableAead(new Uint8Array(32)))) };
  },
};

/** Bytes that the test can make again: a 32-bit xorshift from the seed. */
function pattern(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

export type Driver = typeof driver;
Object.assign(globalThis, { driver });
