// One phone in Node: the app's own sealing, statements, outbox, receipts and release, on IndexedDB in memory.
// Order on the command line as JSON: { direct, line, secret, items, smallest, largest, seed, ahead }. Prints JSON lines.
import { live } from './browserlike.mjs';
import { createHash } from 'node:crypto';
import { SealedDepot } from '../../client/lib/depot';
import { PhoneEnrolment } from '../../client/lib/enrol';
import { newId } from '../../client/lib/ids';
import { notify } from '../../client/lib/notices';
import { Store } from '../../client/lib/store';
import { Sender } from '../../client/outbox/sender';
import { note, sealerHere } from '../../client/tests/support/phone';

const { direct, line, secret, items, smallest = 1000, largest, seed, ahead = 6 } = JSON.parse(process.argv[2]);
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let state = seed | 1;
/** 0 to 1, the same for the same seed. */
function dice() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

live(direct);
const store = new Store();
const enrolment = await PhoneEnrolment.open(store);
await enrolment.redeem(secret);
await store.keep('release', 'at-once');
live(line);
const depot = new SealedDepot(store, sealerHere(store));
const plain = {};
const observation = newId();

/** An item of a size spread evenly over the magnitudes. Films are made in slices with time between, and so go live. */
async function make(number) {
  if (dice() < 0.3) {
    const entry = { ...note(`entry ${number} ${'x'.repeat(dice() * 2000)}`), observation };
    plain[entry.id] = createHash('sha256').update(JSON.stringify(entry)).digest('base64url');
    await depot.entry(entry);
    return;
  }
  const size = Math.floor(smallest * (largest / smallest) ** dice());
  const kind = ['photo', 'film', 'sound', 'import'][Math.floor(dice() * 4)];
  const about = { observation, mime: 'application/octet-stream', trial: false };
  const recording = await depot.start(kind, about);
  const hash = createHash('sha256');
  for (let left = size; left > 0; ) {
    const slice = new Uint8Array(Math.min(left, kind === 'film' ? 256 * 1024 : 2 ** 20));
    for (let at = 0; at < slice.length; at += 65536) crypto.getRandomValues(slice.subarray(at, at + 65536));
    hash.update(slice);
    left -= slice.length;
    await recording.write(slice);
    if (kind === 'film') await pause(30);
  }
  plain[recording.item] = hash.digest('base64url');
  await recording.finish();
}

const stop = new AbortController();
new Sender(store).run(stop.signal);
// An impatient person and a phone that finds its net again: no rest lasts long.
const kicks = setInterval(() => notify('kick'), 250);
const presses = setInterval(() => notify('pressed'), 1500);

const waiting = async () => await store.itemsIn('recording', 'sealed', 'committed', 'sending');
let told = -1;
let since = performance.now();
async function tell() {
  const left = await waiting();
  const safe = Object.keys(plain).length - left.length;
  if (safe !== told) say({ safe });
  else if (performance.now() - since < 30_000) return left.length;
  else say({ standing: left.map(({ id, kind, state, sent, problem, upload }) => ({ id, kind, state, sent, problem, upload })), contact: await store.kept('contact') });
  told = safe;
  since = performance.now();
  return left.length;
}
for (let made = 0; made < items; made++) {
  while ((await tell()) >= ahead) await pause(30);
  await make(made);
}
while ((await tell()) > 0) await pause(50);
clearInterval(kicks);
clearInterval(presses);
stop.abort();
const rows = (await store.items()).map(({ id, kind, state, problem, head, body, receipt }) => ({
  ...{ id, kind, state, problem, head, body, receipt },
  plain: plain[id],
}));
const { device } = await store.kept('device');
// A pipe takes a long line in pieces: gone only when it is.
process.stdout.write(`${JSON.stringify({ device, rows })}\n`, () => process.exit(0));
