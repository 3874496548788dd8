// Runs in a dedicated worker: seals the same bytes three ways and answers with the best rate of each.
import { Encrypter } from 'age-encryption';
import { AgeWriter, hasNativeChaCha } from '../client/lib/stream';

const PIECE = 1 << 20; // what MediaRecorder gives at a time is of this order
const CHUNK = 65536;

// Wrapped in functions, so that each way pays for its own start (head, key) as a recording does.
async function witness(recipients, bytes) {
  const writer = await AgeWriter.begin(recipients);
  let size = 0;
  for (let at = 0; at < bytes.length; at += PIECE) {
    for (const part of await writer.push(bytes.subarray(at, at + PIECE))) size += part.length;
  }
  for (const part of [await writer.finish()].flat()) size += part.length;
  return size;
}

async function typage(recipients, bytes) {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  let at = 0;
  const source = new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + CHUNK));
      at += CHUNK;
    },
  });
  const reader = (await encrypter.encrypt(source)).getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return size;
    size += value.length;
  }
}

async function plainLoop(_recipients, bytes) {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const name = 'ChaCha20-Poly1305';
  const key = await crypto.subtle.importKey('raw-secret', secret, { name }, false, ['encrypt']);
  const iv = new Uint8Array(12);
  const counter = new DataView(iv.buffer);
  let size = 0;
  for (let at = 0, index = 0; at < bytes.length; at += CHUNK, index++) {
    counter.setUint32(7, index);
    size += (await crypto.subtle.encrypt({ name, iv }, key, bytes.subarray(at, at + CHUNK))).byteLength;
  }
  return size;
}

self.onmessage = async ({ data: { recipients, size, rounds } }) => {
  try {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += CHUNK) crypto.getRandomValues(bytes.subarray(at, at + CHUNK));
    const native = await hasNativeChaCha();
    const ways = native ? { witness, typage, plainLoop } : { witness, typage };
    const best = {};
    // In turn, so that a busy moment of the machine falls on all of them.
    for (let round = 0; round < rounds; round++) {
      for (const [name, way] of Object.entries(ways)) {
        const began = performance.now();
        const sealed = await way(recipients, bytes);
        if (sealed < size) throw new Error(`${name} sealed ${sealed} of ${size} bytes`);
        best[name] = Math.max(best[name] ?? 0, size / 1000 / (performance.now() - began));
      }
    }
    self.postMessage({ best, native });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
