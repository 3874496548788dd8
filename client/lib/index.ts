/** What capture, journal, shell and the entries use. lib, outbox and vault themselves must not import this file. */
import type { Depot, Enrolment, Outbox, Vault } from './contracts';

export type * from './contracts';

export async function openDepot(): Promise<Depot> {
  throw new Error('not built yet');
}
export async function openOutbox(): Promise<Outbox> {
  throw new Error('not built yet');
}
export async function openEnrolment(): Promise<Enrolment> {
  throw new Error('not built yet');
}
export async function openVault(): Promise<Vault> {
  throw new Error('not built yet');
}
