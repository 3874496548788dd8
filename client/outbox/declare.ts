/** Statements first: a few hundred bytes an item pass where a film can't. */
import { ask } from '../lib/api';
import { BadStatement } from '../lib/jws';
import { readCommitmentReceipt } from '../lib/receipts';
import { Statements } from '../lib/statements';
import type { DeviceRow, ItemRow, StatementRow, Store } from '../lib/store';

/** Items of one commitment: the statement then stays under 3 kB, so that one small packet burst carries it. */
const ITEMS = 5;
const REQUEST = 3000;
const STATEMENTS = 16;
const UNREADABLE = new Set(['bad-signature', 'bad-statement']);
const TRIES = 3;

interface Result {
  receipt?: string;
  accepted?: string;
  error?: { code: string };
}
export interface StatementsAnswer {
  results: Result[];
  time: number;
}

/** Signs commitments for up to five items that have none yet. @returns whether there were any */
export async function commit(store: Store): Promise<boolean> {
  const items = (await store.itemsIn('sealed'))
    .filter((row) => row.commitment === null && row.body.sha256 !== null)
    .sort((a, b) => Number(b.kind === 'entry') - Number(a.kind === 'entry') || a.body.size - b.body.size)
    .slice(0, ITEMS);
  if (items.length === 0) return false;
  const ids = items.map(({ id }) => id);
  const says = items.map(({ id, kind, head, body, cut }) => ({ id, kind, head, body, cut }));
  await new Statements(store).add('temoin-commitment', { items: says }, ids, async (tx, { hash }) => {
    for (const id of ids) {
      const row = await tx.objectStore('items').get(id);
      if (row) await tx.objectStore('items').put({ ...row, commitment: hash });
    }
  });
  return true;
}

/** The oldest statements that fit one small request; at least one. */
export function batch(waiting: readonly StatementRow[]): StatementRow[] {
  const some: StatementRow[] = [];
  let bytes = 20;
  for (const row of waiting) {
    bytes += row.jws.length + 3;
    if (some.length > 0 && (bytes > REQUEST || some.length === STATEMENTS)) break;
    some.push(row);
  }
  return some;
}

/** Sends what waits, one request. @returns the server's time and moments, or null when nothing waited. @throws Unreachable, Refused */
export async function declare(store: Store, device: DeviceRow) {
  const some = batch(await new Statements(store).waiting());
  if (some.length === 0) return null;
  const { answer, ...moments } = await ask<StatementsAnswer>('/api/statements', {
    token: device.token,
    body: { statements: some.map(({ jws }) => jws) },
  });
  for (const [i, row] of some.entries()) {
    const result = answer.results[i];
    if (result) await settle(store, device, row, result);
  }
  return { time: answer.time, ...moments };
}

async function settle(store: Store, device: DeviceRow, row: StatementRow, result: Result): Promise<void> {
  let problem: string | null = result.error?.code ?? null;
  if (result.receipt !== undefined) {
    try {
      const { ids } = await readCommitmentReceipt(
        result.receipt,
        { ...device, device: row.device },
        row.hash,
      );
      if (row.items.some((id) => !ids.includes(id))) problem = 'bad-receipt';
    } catch (error) {
      if (!(error instanceof BadStatement)) throw error;
      problem = 'bad-receipt';
    }
  }
  // We know our own signature: unreadable over there means damaged on the way, which another try may mend.
  const tries = (row.tries ?? 0) + 1;
  if (problem !== null && UNREADABLE.has(problem) && tries < TRIES) {
    await store.write(['statements'], (tx) => tx.objectStore('statements').put({ ...row, tries }));
    return;
  }
  const state = problem === null ? 'accepted' : 'refused';
  await store.write(['items', 'statements'], async (tx) => {
    await tx
      .objectStore('statements')
      .put({ ...row, state, receipt: problem === null ? (result.receipt ?? null) : null });
    if (row.typ !== 'temoin-commitment') return;
    for (const id of row.items) {
      const item = await tx.objectStore('items').get(id);
      if (item?.commitment === row.hash && item.state === 'sealed')
        await tx.objectStore('items').put({ ...item, ...answered(problem) });
    }
  });
}

/** An item whose commitment was refused goes all the same: arrived without attestation is better than lost. */
function answered(problem: string | null): Pick<ItemRow, 'state' | 'problem'> {
  return problem === null ? { state: 'committed', problem: null } : { state: 'sending', problem };
}
