/** What a page asks of the vault worker. The key lives in that worker and nowhere else; `terminate` wipes it. */
import type { ItemRow } from '../lib/store';

export interface VaultRequests {
  /** Makes an identity and seals it under the passphrase. Leaves the worker unlocked. */
  create: { passphrase: string };
  /** Opens the identity. */
  unlock: { sealed: Uint8Array; passphrase: string };
  /** An identity that the page has just unwrapped or made with a passkey. */
  take: { identity: string };
  size: { item: ItemRow };
  read: { item: ItemRow; from: number; length: number };
}

export interface VaultAnswers {
  create: { recipient: string; sealed: Uint8Array };
  unlock: { recipient: string };
  take: { recipient: string };
  /** Null: not sealed to this vault, or no longer here. */
  size: number | null;
  read: Uint8Array;
}

export type VaultVerb = keyof VaultRequests;
export type VaultRequest = { [V in VaultVerb]: { n: number; verb: V; ask: VaultRequests[V] } }[VaultVerb];
