/** Questions to a worker and their answers, matched by number. */

/** The worker died: the browser ended it, its script did not load, or we stopped it. */
export class WorkerGone extends Error {
  override name = 'WorkerGone';
}

type Reply = { n: number; answer: unknown } | { n: number; error: { name: string; message: string } };

export class Line<Requests, Answers extends Record<keyof Requests, unknown>> {
  readonly #make: () => Worker;
  readonly #waiting = new Map<number, { done: (answer: unknown) => void; failed: (error: Error) => void }>();
  #worker: Worker | undefined;
  #n = 0;

  constructor(make: () => Worker) {
    this.#make = make;
  }

  /** Arrays in `transfer` belong to the worker afterwards. Starts the worker when there is none. @throws WorkerGone */
  ask<V extends keyof Requests & string>(
    verb: V,
    ask: Requests[V],
    transfer: Transferable[] = [],
  ): Promise<Answers[V]> {
    this.#worker ??= this.#start();
    const n = ++this.#n;
    this.#worker.postMessage({ n, verb, ask }, transfer);
    return new Promise((done, failed) =>
      this.#waiting.set(n, { done: (answer) => done(answer as Answers[V]), failed }),
    );
  }

  /** Ends the worker, and everything in its memory. */
  stop(): void {
    this.#worker?.terminate();
    this.#end('stopped');
  }

  #start(): Worker {
    const worker = this.#make();
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.n);
      this.#waiting.delete(data.n);
      if ('error' in data)
        waiting?.failed(Object.assign(new Error(data.error.message), { name: data.error.name }));
      else waiting?.done(data.answer);
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
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { failed } of lost) failed(new WorkerGone(why));
  }
}
