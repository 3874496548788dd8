/**
 * How much room there really is. Chromium's `estimate()` no longer says (always a round number more than is used), but a
 * file can be made longer only as far as there is room. The file is a hole: nothing is written, and it goes at once.
 */
import { folder } from '../lib/files';
import { PROBED } from '../lib/protocol';

const NAME = 'probe-room';
const FIRST = 2 ** 20;

interface Access {
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** Bytes, at most `PROBED`, found to a sixteenth. Null: this browser has no such files. Never while something is recorded. */
export async function room(): Promise<number | null> {
  const all = await folder().catch(() => null);
  if (!all) return null;
  let file: Access;
  try {
    const handle = await all.getFileHandle(NAME, { create: true });
    file = await (
      handle as unknown as { createSyncAccessHandle(): Promise<Access> }
    ).createSyncAccessHandle();
  } catch {
    return null;
  }
  try {
    return search((size) => fits(file, size));
  } finally {
    fits(file, 0);
    file.close();
    await all.removeEntry(NAME).catch(() => undefined);
  }
}

/** The largest size that fits: doubled until it does not, then halved towards it. */
export function search(fits: (size: number) => boolean): number {
  let [low, high] = [0, FIRST];
  while (fits(high)) {
    low = high;
    if (low >= PROBED) return PROBED;
    high *= 2;
  }
  while (high - low > Math.max(FIRST, low / 16)) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function fits(file: Access, size: number): boolean {
  try {
    file.truncate(size);
    return true;
  } catch {
    return false;
  }
}
