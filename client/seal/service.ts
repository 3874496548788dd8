/** What the seal worker does, apart from being a worker. Holds public keys only; outlives many items. */
import { concat, sha256 } from '../lib/bytes';
import { hold } from '../lib/locks';
import { type Answers, itemLock, type Request, type Requests, type Verb } from '../lib/protocol';
import type { Store } from '../lib/store';
import { seal } from '../lib/stream';
import { adopt } from './adopt';
import { room } from './room';
import { Sealing, takeUp } from './sealing';
import { bestMedium } from './sinks';

/** Work on one item goes in order; items do not wait for each other. */
interface Running {
  sealing: Sealing;
  queue: Promise<unknown>;
  release: () => void;
}

export class SealService {
  readonly #store: Store;
  readonly #running = new Map<string, Running>();

  constructor(store: Store) {
    this.#store = store;
  }

  async act(request: Request): Promise<Answers[Verb]> {
    switch (request.verb) {
      case 'start':
        return await this.#start(request.ask);
      case 'write': {
        const { item, bytes } = request.ask;
        await this.#inOrder(item, ({ sealing }) => sealing.write(bytes));
        return null;
      }
      case 'progress':
        if (!this.#running.has(request.ask.item)) return null;
        return await this.#inOrder(request.ask.item, async ({ sealing }) => sealing.progress());
      case 'finish':
        return await this.#inOrder(request.ask.item, (one) => this.#finish(request.ask.item, one));
      case 'seal':
        return await this.#seal(request.ask);
      case 'takeUp':
        return await takeUp(this.#store, request.ask.medium, request.ask.item, request.ask.kind);
      case 'medium':
        // Entries are small and many: they lie in the database everywhere.
        return request.ask.kind === 'entry' ? 'idb' : await bestMedium();
      case 'room':
        return await room();
      case 'adopt':
        return await adopt(this.#store, request.ask);
    }
  }

  async #start({ item, kind, recipients }: Requests['start']): Promise<Answers['start']> {
    const release = await hold(itemLock(item));
    try {
      const sealing = await Sealing.begin(this.#store, await bestMedium(), item, kind, recipients);
      this.#running.set(item, { sealing, queue: Promise.resolve(), release });
      return { medium: sealing.medium, head: sealing.head };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #finish(item: string, { sealing, release }: Running): Promise<Answers['finish']> {
    try {
      return await sealing.finish();
    } finally {
      // Whether it ended well or found no room: nobody works on it any more, so that it can be taken up as cut.
      sealing.close();
      this.#running.delete(item);
      release();
    }
  }

  async #seal({ recipients, plain }: Requests['seal']): Promise<Answers['seal']> {
    const { head, body } = await seal(recipients, plain);
    plain.fill(0);
    return {
      bytes: concat(head, body),
      head: { size: head.length, sha256: await sha256(head) },
      body: { size: body.length, sha256: await sha256(body) },
    };
  }

  async #inOrder<T>(item: string, work: (one: Running) => Promise<T>): Promise<T> {
    const one = this.#running.get(item);
    if (!one) throw new Error('this item is not being recorded');
    const next = one.queue.then(() => work(one));
    one.queue = next.catch(() => undefined);
    return await next;
  }
}
