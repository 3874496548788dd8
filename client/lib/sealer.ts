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
    try {
      return await this.#line.ask(verb, ask, transfer);
    } catch (error) {
      if (error instanceof Error && error.name === 'QuotaExceededError')
        throw new PhoneFull(error.message, { cause: error });
      throw error;
    }
  }
}
