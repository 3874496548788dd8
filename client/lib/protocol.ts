/** What a page asks of the seal worker, and what it answers. */
import type { Kind, MediaKind } from './contracts';
import type { Medium } from './store';

export interface Hashed {
  size: number;
  /** SHA-256, base64url. */
  sha256: string;
}

/** What a recording that was cut left behind. */
export interface Remains {
  head: Hashed;
  body: Hashed;
}

/** More room than this is not looked for: about two hours of film. */
export const PROBED = 2 ** 32;

/** A sealed item that another phone brought along, with what its list says of it. */
export interface Adoption {
  item: string;
  kind: Kind;
  medium: Medium;
  head: Hashed;
  body: Hashed;
  /** Head and body. */
  bytes: Blob;
  tail: { counter: number; offset: number; length: number; since: number; bytes: Blob } | null;
}

export interface Requests {
  start: { item: string; kind: MediaKind; recipients: readonly string[] };
  /** `bytes` is transferred and wiped. */
  write: { item: string; bytes: Uint8Array };
  progress: { item: string };
  finish: { item: string };
  seal: { recipients: readonly string[]; plain: Uint8Array };
  takeUp: { item: string; kind: Kind; medium: Medium };
  medium: { kind: Kind };
  room: Record<string, never>;
  adopt: Adoption;
}

export interface Answers {
  start: { medium: Medium; head: Hashed };
  write: null;
  /** Null: not being recorded here. */
  progress: Hashed | null;
  finish: { plain: Hashed; body: Hashed };
  seal: { bytes: Uint8Array; head: Hashed; body: Hashed };
  takeUp: Remains | null;
  /** Where a new item of this kind would lie. */
  medium: Medium;
  /** Bytes that fit, at most `PROBED`; null where it can't be found out. */
  room: number | null;
  /** False: the bytes are not the ones that were sealed; nothing was kept. */
  adopt: boolean;
}

export type Verb = keyof Requests;
export type Request = { [V in Verb]: { n: number; verb: V; ask: Requests[V] } }[Verb];
/** Held by the worker as long as it records the item: whoever gets it knows that nobody does. */
export const itemLock = (item: string): string => `temoin-item-${item}`;
