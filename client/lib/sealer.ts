/** A page's line to the seal worker. */
import { Line } from './line';
import type { Answers, Requests, Verb } from './protocol';
import { scriptUrl } from './trusted';

/** No room left on this phone. What was written before is whole. */
export class PhoneFull extends Error {
  override name = 'PhoneFull';
}

export class Sealer {
  readonly #line: Line<Requests, Answers>;

  constructor(make: () => Worker = () => new Worker(scriptUrl('/m/seal.worker.js'), { type: 'module' })) {
    this.#line = new Line(make);
  }

  /** @throws PhoneFull, WorkerGone */
  async ask<V extends Verb>(verb: V, ask: Requests[V], transfer: Transferable[] = []): Promise<Answers[V]> {
    return await withRoom(() => this.#line.ask(verb, ask, transfer));
  }
}

/** The browser's word for a full disk, in ours. */
export async function withRoom<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const name = (error as { name?: unknown } | null)?.name;
    if (name === 'QuotaExceededError') throw new PhoneFull('no room on this phone', { cause: error });
    throw error;
  }
}
