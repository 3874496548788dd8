/**
 * The doors of the core, for capture, journal, shell and the entries. lib, outbox and vault themselves do not import
 * this file: the outbox must never reach the vault (client/tests/layers.test.ts).
 */
import { startOutbox } from '../outbox';
import { BadOutboxFile } from '../outbox/unpack';
import { makeVault } from '../vault';
import type { Depot, Enrolment, Outbox, Vault } from './contracts';
import { SealedDepot } from './depot';
import { PhoneEnrolment } from './enrol';
import { Sealer } from './sealer';
import { Store } from './store';

export { VaultProblem } from '../vault';
export { proposePassphrase } from '../vault/passphrase';
export type * from './contracts';
export { NotEnrolled, StillRecording } from './depot';
export { NotRedeemed } from './enrol';
export { WorkerGone } from './line';
export { problemText } from './problems';
export { PhoneFull } from './sealer';
export { BadOutboxFile };

// One of each a page: they share the database connection and the worker.
const store = new Store();
const sealer = new Sealer();
let enrolment: Promise<PhoneEnrolment> | undefined;
let depot: SealedDepot | undefined;
let outbox: Outbox | undefined;
let vault: Vault | undefined;

export async function openDepot(): Promise<Depot> {
  depot ??= new SealedDepot(store, sealer);
  return depot;
}

export function openEnrolment(): Promise<Enrolment> {
  enrolment ??= PhoneEnrolment.open(store);
  return enrolment;
}

/** Starts sending as soon as it is called, when there is something to send. */
export async function openOutbox(): Promise<Outbox> {
  outbox ??= startOutbox(store, sealer);
  return outbox;
}

export async function openVault(): Promise<Vault> {
  vault ??= makeVault(store);
  return vault;
}
