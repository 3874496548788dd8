/** A page's line to the seal worker. */
import type { Answer, Answers, Requests, Verb } from './protocol';
import { scriptUrl } from './trusted';

/** No room left on this phone. What was written before is whole. */
export class PhoneFull extends Error {
  override name = 'PhoneFull';
}

/** The worker died: the browser ended it, or its script did not load. */
export class SealerGone extends Error {
  override name = 'SealerGone';
}

interface Waiting {
  done: (answer: never) => void;
  failed: (error: Error) => void;
}

export class Sealer {
  #worker: Worker | undefined;
  readonly #make: () => Worker;
  readonly #waiting = new Map<number, Waiting>();
  #n = 0;

  constructor(make: () => Worker = () => new Worker(scriptUrl('/m/seal.worker.js'), { type: 'module' })) {
    this.#make = make;
  }

  /** Arrays in `transfer` belong to the worker afterwards. @throws PhoneFull, SealerGone */
  ask<V extends Verb>(verb: V, ask: Requests[V], transfer: Transferable[] = []): Promise<Answers[V]> {
    this.#worker ??= this.#start();
    const n = ++this.#n;
    this.#worker.postMessage({ n, verb, ask }, transfer);
    return new Promise((done, failed) => this.#waiting.set(n, { done: done as Waiting['done'], failed }));
  }

  stop(): void {
    this.#worker?.terminate();
    this.#end('stopped');
  }

  #start(): Worker {
    const worker = this.#make();
    worker.onmessage = (event: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(event.data.n);
      this.#waiting.delete(event.data.n);
      if ('error' in event.data) waiting?.failed(asError(event.data.error));
      else waiting?.done(event.data.answer as never);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.#end(event.message || 'the worker did not start');
    };
    return worker;
  }

  #end(why: string): void {
    this.#worker = undefined;
    for (const { failed } of this.#waiting.values()) failed(new SealerGone(why));
    this.#waiting.clear();
  }
}

function asError({ name, message }: { name: string; message: string }): Error {
  if (name === 'QuotaExceededError') return new PhoneFull(message);
  return Object.assign(new Error(message), { name });
}
