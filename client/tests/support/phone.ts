/** A phone in this process: the real depot, sealing, statements and sender, on IndexedDB in memory. */
import type { Entry } from '../../lib/contracts';
import { SealedDepot } from '../../lib/depot';
import { PhoneEnrolment } from '../../lib/enrol';
import { newId } from '../../lib/ids';
import type { Answers, Request, Requests, Verb } from '../../lib/protocol';
import type { Sealer } from '../../lib/sealer';
import { Store } from '../../lib/store';
import { Sender } from '../../outbox/sender';
import { SealService } from '../../seal/service';
import type { FakeServer } from './server';

/** The seal worker without a worker. */
export function sealerHere(store: Store): Sealer {
  const service = new SealService(store);
  const ask = async <V extends Verb>(verb: V, asked: Requests[V]) =>
    (await service.act({ n: 0, verb, ask: asked } as Request)) as Answers[V];
  return { ask } as unknown as Sealer;
}

/** @param name of its database: two phones in one test lie apart */
export async function phone(server: FakeServer, name = 'temoin') {
  server.install();
  const store = new Store(name);
  const enrolment = await PhoneEnrolment.open(store);
  await enrolment.redeem(server.invitation);
  const sealer = sealerHere(store);
  const depot = new SealedDepot(store, sealer);
  return { store, enrolment, depot, sealer, sender: new Sender(store) };
}

export const OBSERVATION = 'ab'.repeat(16);

export function note(text: string): Entry {
  const clock = { wall: Date.now(), mono: 1, offset: null, error: null, measured: null };
  const base = {
    v: 1,
    type: 'note',
    id: newId(),
    observation: OBSERVATION,
    seq: 0,
    trial: false,
    corrects: null,
  } as const;
  return { ...base, clock, place: null, data: { text } };
}

/** Random bytes; `getRandomValues` gives at most 64 KiB at once. */
export function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536)
    crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65536)));
  return bytes;
}

export async function film(depot: SealedDepot, ...slices: number[]): Promise<string> {
  const recording = await depot.start('film', { observation: OBSERVATION, mime: 'video/webm', trial: false });
  for (const size of slices) await recording.write(noise(size));
  await recording.finish();
  return recording.item;
}
