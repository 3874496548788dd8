/**
 * tar (POSIX.1-1988 ustar), as far as an outbox file needs it: plain files with short names, in order. Stock `tar` reads
 * and writes the same. Blobs are only put side by side and cut, never read into memory.
 */
import { type Bytes, utf8 } from './bytes';

const BLOCK = 512;
/** Eleven octal digits. */
const LARGEST = 8 * 2 ** 30 - 1;

/** Not a tar file, or cut. */
export class BadTar extends Error {
  override name = 'BadTar';
}

export interface Part {
  name: string;
  bytes: Blob;
}

/** One file of all parts. No times, no owner: nothing that the parts do not say. */
export function tar(parts: readonly Part[]): Blob {
  const pieces: BlobPart[] = [];
  for (const { name, bytes } of parts)
    pieces.push(header(name, bytes.size), bytes, new Uint8Array(padding(bytes.size)));
  return new Blob([...pieces, new Uint8Array(2 * BLOCK)], { type: 'application/x-tar' });
}

/** @throws BadTar */
export async function* untar(file: Blob): AsyncGenerator<Part> {
  for (let at = 0; at + BLOCK <= file.size; ) {
    const block = new Uint8Array(await file.slice(at, at + BLOCK).arrayBuffer());
    if (block.every((byte) => byte === 0)) return;
    const size = Number.parseInt(text(block, 124, 12), 8);
    if (text(block, 257, 5) !== 'ustar' || Number.parseInt(text(block, 148, 8), 8) !== sum(block))
      throw new BadTar('not a tar file');
    at += BLOCK;
    if (!Number.isSafeInteger(size) || size < 0 || at + size > file.size) throw new BadTar('the file is cut');
    const type = block[156];
    if (type === 0 || type === 0x30) yield { name: text(block, 0, 100), bytes: file.slice(at, at + size) };
    at += size + padding(size);
  }
  throw new BadTar('the file is cut');
}

function header(name: string, size: number): Bytes {
  if (size > LARGEST || name.length > 100) throw new Error('too large for one part of a tar file');
  const block = new Uint8Array(BLOCK);
  const put = (at: number, value: string) => block.set(utf8(value), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  put(0, name);
  put(100, octal(0o600, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(0, 11));
  put(156, '0');
  put(257, 'ustar');
  put(263, '00');
  put(148, `${octal(sum(block), 6)}\0 `);
  return block;
}

/** The checksum counts its own eight bytes as spaces. */
function sum(block: Uint8Array): number {
  return block.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
}

const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;

function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}
