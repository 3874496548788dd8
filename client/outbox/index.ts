/** The contract's `Outbox`, for pages. The service worker's part is wake.ts. */
import type { Outbox, ReleasePolicy, SendMode, Sync } from '../lib/contracts';
import { notify, onNotice } from '../lib/notices';
import { problemText } from '../lib/problems';
import { Sealer } from '../lib/sealer';
import type { Store } from '../lib/store';
import { pack } from './pack';
import { takeSeat } from './seat';
import { Sender } from './sender';
import { askForSync } from './sync';
import { unpack } from './unpack';

class PageOutbox implements Outbox {
  readonly #store: Store;
  readonly #sealer: Sealer;
  #running = false;

  constructor(store: Store, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
    onNotice((notice) => {
      if (notice === 'sending' || notice === 'resting') this.#running = notice === 'sending';
    });
  }

  async state(): Promise<Sync> {
    const [items, contact, device, mode, release] = await Promise.all([
      this.#store.items(),
      this.#store.kept('contact'),
      this.#store.kept('device'),
      this.#store.kept('mode'),
      this.#store.kept('release'),
    ]);
    const waiting = items.filter(({ state }) => !['received', 'released', 'refused'].includes(state));
    const problem = device?.ended ?? contact?.problem ?? null;
    return {
      waiting: waiting.length,
      waitingBytes: waiting.reduce(
        (sum, { head, body, sent }) => sum + Math.max(0, head.size + body.size - sent),
        0,
      ),
      safe: items.filter(({ state }) => state === 'received' || state === 'released').length,
      lastContact: contact?.at || null,
      running: this.#running,
      problem: problem && problemText(problem),
      mode: mode ?? 'always',
      release: release ?? 'covered',
    };
  }

  kick(pressed = false): void {
    notify(pressed ? 'pressed' : 'kick');
  }

  async mode(mode: SendMode): Promise<void> {
    await this.#store.keep('mode', mode);
    notify('changed');
    notify('kick');
  }

  async release(policy: ReleasePolicy): Promise<void> {
    await this.#store.keep('release', policy);
    notify('changed');
    notify('kick');
  }

  watch(seen: (state: Sync) => void): () => void {
    // Many notices, one look: a part sent makes several at once.
    let due = false;
    const stop = onNotice(() => {
      if (due) return;
      due = true;
      setTimeout(async () => {
        due = false;
        seen(await this.state());
      }, 100);
    });
    return stop;
  }

  async pack() {
    return await pack(this.#store);
  }

  async unpack(file: Blob, seen?: (done: number, of: number) => void) {
    const device = await this.#store.kept('device');
    if (!device) throw new Error('only an enrolled phone takes an outbox file');
    return await unpack(this.#store, this.#sealer, device, file, seen);
  }
}

/** Sends from now on, here or in whichever tab holds the lock. */
export function startOutbox(
  store: Store,
  sealer = new Sealer(),
  seat: Parameters<typeof takeSeat>[1] = {},
): Outbox {
  const outbox = new PageOutbox(store, sealer);
  // Waits here until no other tab sends, then holds on until this page is gone.
  void takeSeat((stop) => new Sender(store).run(stop), {
    seen: () => document.visibilityState === 'visible',
    ...seat,
  });
  const isHidden = () => document.visibilityState === 'hidden';
  addEventListener('online', () => outbox.kick());
  document.addEventListener('visibilitychange', () => {
    if (isHidden()) void askForSync(store);
    else outbox.kick();
  });
  // Asked for once more: the browser may have woken the service worker already while the film still ran.
  onNotice((notice) => {
    if (notice === 'ended' && isHidden()) void askForSync(store);
  });
  outbox.kick();
  return outbox;
}
