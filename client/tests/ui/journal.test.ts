import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal, QUIET } from '../../journal/journal';
import { openStore } from '../../journal/store';
import type { Entry } from '../../lib/contracts';

// A phone without position: nothing waits for it.
beforeEach(() => vi.stubGlobal('navigator', {}));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

let names = 0;
async function fresh(name = `observations-${names++}`) {
  const sealed: Entry[] = [];
  const depot = {
    entry: async (entry: Entry) => {
      await Promise.resolve();
      sealed.push(entry);
    },
  };
  let wall = 1_763_707_269_000;
  const clock = () => ({ wall: wall++, mono: 1, offset: null, error: null, measured: null });
  vi.spyOn(Date, 'now').mockImplementation(() => wall);
  const journal = new Journal(depot, await openStore(name), clock);
  return { journal, sealed, name, later: (ms: number) => (wall += ms) };
}

describe('an observation', () => {
  it('opens with the first entry, and numbers them from 0 in the order of the taps', async () => {
    const { journal, sealed } = await fresh();
    await Promise.all([
      journal.add('code', { code: 'FOR-GAS', officer: null, basis: 'SAW' }),
      journal.add('count', { what: 'tents', n: 14, qualifier: 'MIN' }),
      journal.add('note', { text: 'a', later: false }),
    ]);
    expect(sealed.map(({ type, seq }) => [type, seq])).toEqual([
      ['open', 0],
      ['code', 1],
      ['count', 2],
      ['note', 3],
    ]);
    expect(new Set(sealed.map(({ observation }) => observation)).size).toBe(1);
    expect(sealed.every(({ id }) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });

  it('keeps no content on the phone: only ids, times and counts', async () => {
    const { journal, name } = await fresh();
    await journal.add('note', { text: 'canary-7f3a', later: false });
    journal.place.setSite('canary-site');
    await journal.add('rio', { officer: 2, pattern: '12?45?7' });
    const kept = JSON.stringify(await (await openStore(name)).all());
    expect(kept).not.toMatch(/canary|12\?45/);
    expect(Object.keys(JSON.parse(kept)[0]).sort()).toEqual(
      ['entries', 'finished', 'id', 'lastAt', 'officers', 'startedAt', 'trial'].sort(),
    );
  });

  it('corrects by a new entry that names the old one', async () => {
    const { journal, sealed } = await fresh();
    const first = await journal.add('count', { what: 'tents', n: 4, qualifier: 'MIN' });
    await journal.add('count', { what: 'tents', n: 14, qualifier: 'MIN' }, { corrects: first.id });
    expect(sealed).toHaveLength(3);
    expect(sealed[2]?.corrects).toBe(first.id);
    expect(journal.standing.filter(({ type }) => type === 'count').map(({ data }) => data.n)).toEqual([14]);
  });

  it('a withdrawn entry no longer stands, and stays sealed', async () => {
    const { journal, sealed } = await fresh();
    const first = await journal.add('code', { code: 'FOR-BAT', officer: null, basis: 'SAW' });
    await journal.add('code', { ...first.data, withdrawn: true }, { corrects: first.id });
    expect(journal.standing.map(({ type }) => type)).toEqual(['open']);
    expect(sealed).toHaveLength(3);
  });

  it('closes after 30 quiet minutes, and the next entry opens another', async () => {
    const { journal, sealed, later } = await fresh();
    await journal.add('note', { text: 'a', later: false });
    later(QUIET + 1000);
    await journal.rest();
    expect(journal.open).toBeNull();
    expect(sealed.at(-1)).toMatchObject({ type: 'finish', data: { by: 'quiet' } });
    await journal.add('note', { text: 'b', later: false });
    expect(new Set(sealed.map(({ observation }) => observation)).size).toBe(2);
  });

  it('does not fall asleep while something is recorded', async () => {
    const { journal, later } = await fresh();
    await journal.begin();
    journal.keepAwakeWhile(() => true);
    later(QUIET * 2);
    await journal.rest();
    expect(journal.open).not.toBeNull();
  });

  it('goes on after a restart with the next number, without the contents', async () => {
    const before = await fresh();
    await before.journal.add('rio', { officer: 1, pattern: '1234567' });
    const after = await fresh(before.name);
    await after.journal.resume();
    expect(after.journal.open?.entries).toBe(2);
    expect(after.journal.entries).toEqual([]);
    expect(after.journal.nextOfficer).toBe(2);
    expect(after.journal.officers).toMatchObject([{ n: 1, known: false, rio: null }]);
    const next = await after.journal.add('note', { text: 'c', later: false });
    expect(next.seq).toBe(2);
  });

  it('two tabs never use one number twice', async () => {
    const one = await fresh();
    await one.journal.begin();
    const two = await fresh(one.name);
    await two.journal.resume();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? one : two).journal.add('note', { text: String(n), later: false }),
      ),
    );
    const numbers = [...one.sealed, ...two.sealed].map(({ seq }) => seq).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 21 }, (_, n) => n));
  });

  it('takes a later note to a finished one, even with another open', async () => {
    const { journal, sealed } = await fresh();
    const { id } = await journal.begin();
    await journal.finish();
    await journal.add('note', { text: 'now', later: false });
    const note = await journal.add('note', { text: 'afterwards', later: true }, { observation: id });
    expect(note).toMatchObject({ observation: id, seq: 2, place: null });
    expect(journal.open?.id).not.toBe(id);
    expect(sealed.filter(({ observation }) => observation === id).map(({ seq }) => seq)).toEqual([0, 1, 2]);
  });

  it('marks all of a practice observation, and nothing of the next', async () => {
    const { journal, sealed } = await fresh();
    journal.trial = true;
    await journal.add('note', { text: 'a', later: false });
    await journal.finish();
    journal.trial = false;
    await journal.add('note', { text: 'b', later: false });
    expect(sealed.map(({ trial }) => trial)).toEqual([true, true, true, false, false]);
  });

  it('a trial recording stays beside the real thing, and a crash does not open it again', async () => {
    const { journal, sealed, name } = await fresh();
    const real = await journal.begin();
    const trial = journal.practice();
    const { id } = await trial.begin();
    await trial.add('begin', { item: 'x', kind: 'film' });
    await journal.add('note', { text: 'real', later: false });
    await trial.add('end', { item: 'x', reason: 'stop' });
    expect(id).not.toBe(real.id);
    expect(journal.open?.id).toBe(real.id);
    for (const entry of sealed) expect(entry.trial).toBe(entry.observation === id);
    expect(sealed.filter(({ observation }) => observation === id).map(({ seq }) => seq)).toEqual([0, 1]);
    const after = await fresh(name);
    await after.journal.resume();
    expect(after.journal.open?.id).toBe(real.id);
  });

  it('gathers what was said of each officer', async () => {
    const { journal } = await fresh();
    await journal.add('officer', { officer: 1, force: 'CRS', look: '' });
    await journal.add('rio', { officer: 2, status: 'NOT_WORN' });
    expect(journal.officers).toMatchObject([
      { n: 1, force: 'CRS', rio: null },
      { n: 2, force: null, rio: { type: 'rio' } },
    ]);
    expect(journal.nextOfficer).toBe(3);
  });

  it('an entry that could not be sealed is an error, not a silence', async () => {
    const { name } = await fresh();
    const full = new Journal(
      { entry: () => Promise.reject(new Error('full')) },
      await openStore(name),
      () => ({ wall: 1, mono: 1, offset: null, error: null, measured: null }),
    );
    await expect(full.add('note', { text: 'a', later: false })).rejects.toThrow('full');
  });

  it('writes the coded site in place of a fix', async () => {
    const { journal } = await fresh();
    journal.place.setSite(' BX ');
    const { place } = await journal.add('note', { text: 'a', later: false });
    expect(place).toEqual({ source: 'site', site: 'BX' });
  });
});
