/**
 * tus 1.0, the client's half that we need: create, append, ask (https://tus.io/protocols/resumable-upload).
 *
 * Own code on fetch and not npm `tus-js-client`: parts change size with the line, the bytes come from a file that
 * still grows, several items take turns part by part, and it must run in a service worker, where there is no XMLHttpRequest.
 * Retrying, ordering and storage are ours in any case; what is left of the protocol is this file.
 */
import { call } from '../lib/api';

const ENDPOINT = '/api/files';
const TYPE = 'application/offset+octet-stream';
const VERSION = { 'Tus-Resumable': '1.0.0' };

export interface Progress {
  /** Path of the upload on our origin. */
  upload: string;
  /** Bytes that the server has. */
  offset: number;
  /** The storage receipt, when this request completed the item. */
  receipt: string | null;
}

export interface Creation {
  item: string;
  tail?: 0 | 1;
  /** Null: not known yet, the recording runs. */
  length: number | null;
  /** Sent along when it is the whole file. */
  whole?: Blob;
}

/** A new upload, or the one that the server has for this item already. @throws Unreachable, Refused */
export async function create(token: string, { item, tail, length, whole }: Creation): Promise<Progress> {
  const metadata = `item ${btoa(item)}${tail === undefined ? '' : `,tail ${btoa(String(tail))}`}`;
  const response = await call(ENDPOINT, {
    method: 'POST',
    token,
    headers: {
      ...VERSION,
      'Upload-Metadata': metadata,
      ...(length === null ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': String(length) }),
      ...(whole ? { 'Content-Type': TYPE } : {}),
    },
    body: whole ?? null,
    patience: 60_000,
  });
  const location = response.headers.get('Location');
  if (!location) throw new Error('the server did not say where to send');
  // Only the path: behind a proxy the server may not know its own scheme and port.
  return await progress(response, new URL(location, globalThis.location.href).pathname);
}

/** Appends at the server's offset. `length` tells the end, with the last bytes or after them. @throws Unreachable, Refused */
export async function append(
  token: string,
  upload: string,
  offset: number,
  bytes: Blob,
  length: number | null,
): Promise<Progress> {
  const response = await call(upload, {
    method: 'PATCH',
    token,
    headers: {
      ...VERSION,
      'Content-Type': TYPE,
      'Upload-Offset': String(offset),
      ...(length === null ? {} : { 'Upload-Length': String(length) }),
    },
    body: bytes,
    patience: 60_000,
  });
  return await progress(response, upload);
}

/** Where the server stands. @throws Unreachable, Refused */
export async function offsetOf(token: string, upload: string): Promise<Progress> {
  return await progress(await call(upload, { method: 'HEAD', token, headers: VERSION }), upload);
}

async function progress(response: Response, upload: string): Promise<Progress> {
  // Read to the end, empty as it is: the connection is free for the next part only then.
  await response.arrayBuffer().catch(() => undefined);
  const offset = Number(response.headers.get('Upload-Offset') ?? 'none');
  if (!Number.isSafeInteger(offset)) throw new Error('the server did not say how far it is');
  return { upload, offset, receipt: response.headers.get('Temoin-Receipt') };
}
