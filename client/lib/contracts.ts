/**
 * What the areas of the client promise one another. Formats: docs/formats.md.
 *
 * `capture`, `journal` and `shell` see only these interfaces; `lib`, `outbox` and `vault` stand behind them.
 * Nothing here takes or gives a private key but `Vault`.
 */

/** What a sealed item holds. A journal entry is an item too: sealed and sent like a film. */
export type MediaKind = 'photo' | 'film' | 'sound' | 'import';
export type Kind = MediaKind | 'entry';

/** Times in milliseconds; `offset` is server minus device, `error` half the round trip. Null: never measured. */
export interface Clock {
  wall: number;
  mono: number;
  offset: number | null;
  error: number | null;
  measured: number | null;
}

export type Place =
  | { source: 'gps'; lat: number; lon: number; accuracy: number; at: number }
  | { source: 'site'; site: string };

export interface Entry {
  v: 1;
  type: string;
  /** Item id of this entry. */
  id: string;
  observation: string;
  /** Counts the entries of one observation from 0. */
  seq: number;
  trial: boolean;
  /** Id of the entry that this one replaces. */
  corrects: string | null;
  clock: Clock;
  place: Place | null;
  data: Record<string, unknown>;
}

export type EndReason = 'stop' | 'space' | 'phone' | 'still';

/** One photo, film, sound or import on its way into sealed storage. */
export interface Recording {
  readonly item: string;
  /** Resolves when the bytes are sealed and flushed (whole chunks in the body, the rest in a tail). */
  write(bytes: Uint8Array): Promise<void>;
  /** A slice that could not be read: recorded in the end entry, with the byte where it is missing. */
  gap(slice: number): void;
  /** Seals the last chunk; the size and SHA-256 of the plaintext go into the end entry. */
  finish(): Promise<{ size: number; sha256: string; gaps: { at: number; slice: number }[] }>;
}

export type ItemState =
  | 'recording'
  | 'sealed'
  | 'committed'
  | 'sending'
  | 'received'
  | 'released'
  | 'refused';

/** What is known of an item without opening it. No code, site, title or thumbnail. */
export interface ItemView {
  id: string;
  kind: Kind;
  observation: string;
  trial: boolean;
  /** Device time of its start, ms. */
  startedAt: number;
  /** Sealed bytes: head and body. */
  size: number;
  sent: number;
  state: ItemState;
  /** The recording was cut: no end, kept as far as it goes. */
  cut: boolean;
  /** A plain error for people, or null. */
  problem: string | null;
}

export interface Space {
  /** Bytes free for this app, or null where the browser doesn't let on. */
  free: number | null;
  /** At least `free`, perhaps far more: no need to count. */
  plenty: boolean;
  persisted: boolean;
}

/** Sealed storage on this phone. Works locked, offline, and without any private key. */
export interface Depot {
  start(kind: MediaKind, about: { observation: string; mime: string; trial: boolean }): Promise<Recording>;
  /** Durable when it resolves. */
  entry(entry: Entry): Promise<void>;
  items(): Promise<ItemView[]>;
  /** Items that were being recorded when the page died: marked cut. Call once at start. */
  recover(): Promise<ItemView[]>;
  /** Second, clear question asked by the caller. Leaves a signed deletion statement. */
  remove(id: string): Promise<void>;
  space(): Promise<Space>;
  /** Called after every change, over all tabs. Returns the way to stop. */
  watch(seen: () => void): () => void;
}

export interface Sync {
  waiting: number;
  waitingBytes: number;
  safe: number;
  /** Device time of the last answer from the server, ms, or null. */
  lastContact: number | null;
  running: boolean;
  /** A plain error for people, or null. */
  problem: string | null;
  mode: SendMode;
  release: ReleasePolicy;
}
export type SendMode = 'always' | 'press' | 'wifi';
/** When the local copy goes: once a backup covers it (14 days where none is set up), or at once after the receipt. */
export type ReleasePolicy = 'covered' | 'at-once';

/** Sends what waits. Never needs unlocking. One sender over all tabs. */
export interface Outbox {
  state(): Promise<Sync>;
  /** Wake up: start, `online`, page visible, a new item, or a press on Send (`pressed`). */
  kick(pressed?: boolean): void;
  mode(mode: SendMode): Promise<void>;
  release(policy: ReleasePolicy): Promise<void>;
  watch(seen: (state: Sync) => void): () => void;
  /** Everything that was not received, sealed as it is, as one file for another phone. Null: nothing waits. */
  pack(): Promise<{ file: Blob; items: number } | null>;
  /** Takes over what another phone packed. `seen` hears of progress. Rejects with a `BadOutboxFile` or `PhoneFull`. */
  unpack(
    file: Blob,
    seen?: (done: number, of: number) => void,
  ): Promise<{ taken: number; known: number; damaged: number }>;
}

export interface Enrolled {
  device: string;
  appName: string;
  appIcon: string;
  /** Digits of a RIO number, by the organisation's setting. */
  rioDigits: number;
  practice: boolean;
  revoked: boolean;
  /** Build hash of the running client, 16 hex digits. */
  build: string;
  /** Why this enrolment has ended (revoked, practice over), a sentence for people, or null. `revoked` is then true. */
  ended: string | null;
  /** A change of keys that was refused, a sentence for people, or null. Show it loudly: somebody may be listening. */
  warning: string | null;
}

export interface Enrolment {
  current(): Promise<Enrolled | null>;
  /** Redeems a secret from a link's fragment or a 10-character code. Only after a tap. */
  redeem(secret: string): Promise<Enrolled>;
  /** Fresh pins, clock offset, revocation; quiet when offline. */
  refresh(): Promise<Enrolled | null>;
  /** Latest clock offset against the server, kept over restarts. */
  clock(): Clock;
}

export type VaultKind = 'none' | 'passphrase' | 'passkey';

/** The phone's own copies. The unlocked key lives in one object that wipes itself. `outbox` must never import it. */
export interface Vault {
  kind(): Promise<VaultKind>;
  unlocked(): boolean;
  /** Passphrases that are guessable are refused with a sentence. */
  create(kind: 'passphrase' | 'passkey', passphrase?: string): Promise<void>;
  unlock(passphrase?: string): Promise<void>;
  lock(): void;
  /** New vault after a forgotten passphrase: older copies can't be viewed any more, nothing unsent is lost. */
  forget(): Promise<void>;
  /** Decrypted range of an item's plaintext, for the service-worker route. */
  read(item: string, from: number, length: number): Promise<Uint8Array>;
  /** Plain size of an item sealed to this vault, or null when it can't be opened here. */
  size(item: string): Promise<number | null>;
  /** An entry's text, while unlocked. */
  entry(item: string): Promise<Entry | null>;
  watch(seen: () => void): () => void;
}
