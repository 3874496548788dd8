/** Answers the service worker's questions for bytes, from the open vault in this page. The other half is in sw.ts. */
import type { Vault } from '../lib/contracts';

export interface PlayQuestion {
  type: 'play';
  item: string;
  /** First byte wanted; `length` 0 asks for the size and the first bytes only. */
  from: number;
  length: number;
}
export interface PlayAnswer {
  /** Plain size of the item, or null: locked, or not to be opened here. */
  size: number | null;
  bytes: Uint8Array<ArrayBuffer> | null;
}

export function servePlayback(vault: Vault): void {
  navigator.serviceWorker?.addEventListener('message', (event: MessageEvent<PlayQuestion>) => {
    const question = event.data;
    const [port] = event.ports;
    if (question?.type !== 'play' || !port) return;
    void answer(vault, question).then((reply) =>
      port.postMessage(reply, reply.bytes ? [reply.bytes.buffer] : []),
    );
  });
}

async function answer(vault: Vault, { item, from, length }: PlayQuestion): Promise<PlayAnswer> {
  if (!vault.unlocked()) return { size: null, bytes: null };
  try {
    const size = await vault.size(item);
    if (size === null) return { size, bytes: null };
    // A copy of exactly these bytes: the message takes its buffer away.
    return { size, bytes: Uint8Array.from(await vault.read(item, from, length)) };
  } catch {
    return { size: null, bytes: null };
  }
}
