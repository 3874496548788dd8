/**
 * Whether the beginning of a file shows an Exif block. Pure. It says what was found, never what was "not recorded":
 * pickers strip positions, and formats that aren't read here are `unread`.
 */

export type Exif = 'found' | 'none' | 'unread';

/** `head`: the first bytes of a file of `size` bytes. */
export function lookForExif(head: Uint8Array, size: number): Exif {
  if (head[0] === 0xff && head[1] === 0xd8) return jpeg(head);
  if (text(head, 1, 3) === 'PNG') return png(head, head.length >= size);
  return 'unread';
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function jpeg(head: Uint8Array): Exif {
  let at = 2;
  while (at + 4 <= head.length) {
    if (head[at] !== 0xff) return 'unread';
    const marker = head[at + 1] as number;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return 'none';
    const length = ((head[at + 2] as number) << 8) | (head[at + 3] as number);
    if (length < 2) return 'unread';
    if (marker === 0xe1 && text(head, at + 4, 4) === 'Exif') return 'found';
    at += 2 + length;
  }
  return 'unread';
}

function png(head: Uint8Array, whole: boolean): Exif {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let at = 8;
  while (at + 8 <= head.length) {
    const type = text(head, at + 4, 4);
    if (type === 'eXIf') return 'found';
    if (type === 'IEND') return 'none';
    at += 12 + view.getUint32(at);
  }
  // An Exif block may follow the picture.
  return whole ? 'none' : 'unread';
}
