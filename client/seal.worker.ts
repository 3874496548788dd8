/** Dedicated worker that turns plaintext into sealed bytes on disk. It holds public keys only, and outlives many items. */
import { concat, sha256 } from './lib/bytes';
import type { MediaKind } from './lib/contracts';
import { hold } from './lib/locks';
import { type Answer, type Answers, itemLock, type Request, type Verb } from './lib/protocol';
import { Store } from './lib/store';
import { seal } from './lib/stream';
import { Sealing, takeUp } from './seal/sealing';
import { bestMedium } from './seal/sinks';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const store = new Store();

/** Work on one item goes in order; items do not wait for each other. */
interface Running {
  sealing: Sealing;
  queue: Promise<unknown>;
  release: () => void;
}
const running = new Map<string, Running>();

scope.onmessage = async (event: MessageEvent<Request>) => {
  const { n } = event.data;
  let reply: Answer;
  try {
    reply = { n, answer: await act(event.data) };
  } catch (error) {
    const { name, message } =
      error instanceof Error || error instanceof DOMException ? error : new Error(String(error));
    reply = { n, error: { name, message } };
  }
  scope.postMessage(reply);
};

async function act(request: Request): Promise<Answers[Verb]> {
  switch (request.verb) {
    case 'start':
      return await start(request.ask.item, request.ask.kind, request.ask.recipients);
    case 'write':
      return await inOrder(request.ask.item, async ({ sealing }) => {
        await sealing.write(request.ask.bytes);
        return null;
      });
    case 'progress':
      if (!running.has(request.ask.item)) return null;
      return await inOrder(request.ask.item, async ({ sealing }) => sealing.progress());
    case 'finish':
      return await inOrder(request.ask.item, finish(request.ask.item));
    case 'seal': {
      const { head, body } = await seal(request.ask.recipients, request.ask.plain);
      request.ask.plain.fill(0);
      return {
        bytes: concat(head, body),
        head: { size: head.length, sha256: await sha256(head) },
        body: { size: body.length, sha256: await sha256(body) },
      };
    }
    case 'takeUp':
      return await takeUp(store, request.ask.medium, request.ask.item, request.ask.kind);
  }
}

async function start(
  item: string,
  kind: MediaKind,
  recipients: readonly string[],
): Promise<Answers['start']> {
  const release = await hold(itemLock(item));
  try {
    const sealing = await Sealing.begin(store, await bestMedium(), item, kind, recipients);
    running.set(item, { sealing, queue: Promise.resolve(), release });
    return { medium: sealing.medium, head: sealing.head };
  } catch (error) {
    release();
    throw error;
  }
}

function finish(item: string): (one: Running) => Promise<Answers['finish']> {
  return async ({ sealing, release }) => {
    try {
      return await sealing.finish();
    } finally {
      // Whether it ended well or found no room: this worker is done with it, so that it can be taken up as cut.
      sealing.close();
      running.delete(item);
      release();
    }
  };
}

async function inOrder<T>(item: string, work: (one: Running) => Promise<T>): Promise<T> {
  const one = running.get(item);
  if (!one) throw new Error('this item is not being recorded');
  const next = one.queue.then(() => work(one));
  one.queue = next.catch(() => undefined);
  return await next;
}
