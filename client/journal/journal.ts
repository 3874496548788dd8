/**
 * The open observation and its entries.
 *
 * It opens with the first thing recorded and stays open until *Finish* or 30 quiet minutes. Each entry is stamped when
 * the finger touches, sealed on its own at once, and only ever appended: a correction is a new entry that names the old
 * one. What was typed is kept in memory while the observation is open, and nowhere else.
 */
import type { Clock, Depot, Entry } from '../lib/contracts';
import { newId } from '../lib/ids';
import { PlaceWatch } from './place';
import type { Observation, Store } from './store';

export const QUIET = 30 * 60_000;

export interface Officer {
  n: number;
  /** What was said of them is in memory; false after a restart, when only their number is known. */
  known: boolean;
  force: string | null;
  look: string;
  /** Latest entries in memory: about the officer, the RIO, the unit. */
  entry: Entry | null;
  rio: Entry | null;
  unit: Entry | null;
}

export interface AddOptions {
  corrects?: string;
  /** Entry to another observation than the open one (from *Earlier*). */
  observation?: string;
}

type Stamp = { clock: Clock; place: Entry['place'] };

export class Journal {
  readonly place: PlaceWatch;
  /** What new observations are: practice ones are marked and stay out of queue, figures and register. */
  trial = false;
  readonly #depot: Pick<Depot, 'entry'>;
  readonly #store: Store;
  readonly #clock: () => Clock;
  readonly #watchers = new Set<() => void>();
  #open: Observation | null = null;
  #entries: Entry[] = [];
  #used: string[] = [];
  /** Officers numbered before the page was started. */
  #before = 0;
  #busy: () => boolean = () => false;
  #chain: Promise<unknown> = Promise.resolve();

  constructor(depot: Pick<Depot, 'entry'>, store: Store, clock: () => Clock) {
    this.#depot = depot;
    this.#store = store;
    this.#clock = clock;
    this.place = new PlaceWatch(() => this.#tell());
  }

  get open(): Observation | null {
    return this.#open;
  }

  /** Entries of the open observation made since the page was started, oldest first, as they were sealed. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Codes used in this session, last first. */
  get used(): readonly string[] {
    return this.#used;
  }

  watch(seen: () => void): () => void {
    this.#watchers.add(seen);
    return () => this.#watchers.delete(seen);
  }

  /** While this says yes (a recording runs), the observation doesn't fall asleep. */
  keepAwakeWhile(busy: () => boolean): void {
    this.#busy = busy;
  }

  /** Picks up an observation that was open when the page went; closes it if it has been quiet too long. */
  async resume(): Promise<void> {
    const unfinished = (await this.#store.all())
      .filter(({ finished }) => !finished)
      .sort((a, b) => a.startedAt - b.startedAt);
    for (const observation of unfinished.slice(0, -1)) await this.#finish(observation, 'quiet');
    const last = unfinished.at(-1);
    if (!last) return;
    this.#open = last;
    this.#before = last.officers;
    this.trial = last.trial;
    await this.rest();
    if (this.#open) this.place.start();
    this.#tell();
  }

  /** Finishes the observation if nothing has joined it for 30 minutes. Called from time to time and on return. */
  async rest(now = Date.now()): Promise<void> {
    await this.#queue(async () => {
      const open = this.#open;
      // A clock set back must not keep it open for ever, nor one set forward close it under a running recording.
      if (open && !this.#busy() && Math.abs(now - open.lastAt) > QUIET) await this.#finish(open, 'quiet');
    });
  }

  /** The observation that takes what is recorded now; opened if there is none. */
  async begin(): Promise<Observation> {
    const stamp = this.#stamp();
    return this.#queue(() => this.#ensure(stamp));
  }

  /** Seals one entry. Durable when it resolves; the time in it is that of the call. */
  async add(type: string, data: Record<string, unknown>, options: AddOptions = {}): Promise<Entry> {
    const stamp = this.#stamp();
    return this.#queue(async () => {
      if (options.observation && options.observation !== this.#open?.id) {
        const { before, after } = await this.#store.change(options.observation, (now) => ({
          ...now,
          entries: now.entries + 1,
        }));
        return this.#seal(after, before.entries, type, data, { ...stamp, place: null }, null);
      }
      const open = await this.#ensure(stamp);
      return this.#join(open, type, data, stamp, options.corrects ?? null);
    });
  }

  /** Number for an officer not seen before. It is taken when something is said about them. */
  get nextOfficer(): number {
    return (this.#open?.officers ?? 0) + 1;
  }

  /**
   * An observation of its own for a trial recording, marked as practice and never the open one: what is real can't get
   * mixed up with it, not even when the trial is left half-way. It counts as finished from the start.
   */
  practice(): {
    begin(): Promise<Observation>;
    add(type: string, data: Record<string, unknown>): Promise<Entry>;
  } {
    let made: Promise<Observation> | null = null;
    const add = async (type: string, data: Record<string, unknown>) => {
      const stamp = this.#stamp();
      const { id } = await begin();
      const { before, after } = await this.#store.change(id, (now) => ({ ...now, entries: now.entries + 1 }));
      return this.#seal(after, before.entries, type, data, stamp, null);
    };
    const begin = () => {
      made ??= this.#make(this.#stamp().clock.wall, true, true);
      return made;
    };
    return { begin, add };
  }

  async finish(): Promise<void> {
    await this.#queue(async () => {
      if (this.#open) await this.#finish(this.#open, 'person');
    });
  }

  async earlier(): Promise<Observation[]> {
    return (await this.#store.all()).sort((a, b) => b.startedAt - a.startedAt);
  }

  /** Entries that stand: neither replaced nor withdrawn. */
  get standing(): Entry[] {
    const replaced = new Set(this.#entries.map((entry) => entry.corrects));
    return this.#entries.filter((entry) => !replaced.has(entry.id) && entry.data.withdrawn !== true);
  }

  get officers(): Officer[] {
    const count = this.#open?.officers ?? 0;
    const officers = Array.from(
      { length: count },
      (_, index): Officer => ({
        n: index + 1,
        known: index >= this.#before,
        force: null,
        look: '',
        entry: null,
        rio: null,
        unit: null,
      }),
    );
    for (const entry of this.standing) {
      const officer = officers[Number(entry.data.officer) - 1];
      if (!officer) continue;
      if (typeof entry.data.force === 'string' && entry.data.force) officer.force = entry.data.force;
      if (entry.type === 'officer') {
        officer.entry = entry;
        officer.look = String(entry.data.look ?? '');
      }
      if (entry.type === 'rio') officer.rio = entry;
      if (entry.type === 'unit') officer.unit = entry;
    }
    return officers;
  }

  #stamp(): Stamp {
    return { clock: this.#clock(), place: this.place.now() };
  }

  async #ensure(stamp: Stamp): Promise<Observation> {
    const open = this.#open;
    if (open && !this.#busy() && Math.abs(Date.now() - open.lastAt) > QUIET)
      await this.#finish(open, 'quiet');
    if (this.#open) return this.#open;
    const observation = await this.#make(stamp.clock.wall, this.trial, false);
    this.#open = observation;
    this.#before = 0;
    this.#entries = [];
    this.place.start();
    await this.#join(observation, 'open', {}, stamp, null);
    return this.#open;
  }

  async #make(wall: number, trial: boolean, finished: boolean): Promise<Observation> {
    const made = { id: newId(), startedAt: wall, lastAt: wall, entries: 0, officers: 0, finished, trial };
    await this.#store.add(made);
    return made;
  }

  async #join(
    observation: Observation,
    type: string,
    data: Record<string, unknown>,
    stamp: Stamp,
    corrects: string | null,
  ): Promise<Entry> {
    const officer = typeof data.officer === 'number' ? data.officer : 0;
    const { before, after } = await this.#store.change(observation.id, (now) => ({
      ...now,
      entries: now.entries + 1,
      officers: Math.max(now.officers, officer),
      lastAt: stamp.clock.wall,
    }));
    const entry = await this.#seal(after, before.entries, type, data, stamp, corrects);
    this.#open = after;
    this.#entries = [...this.#entries, entry];
    if (type === 'code') this.#used = [String(data.code), ...this.#used.filter((code) => code !== data.code)];
    this.#tell();
    return entry;
  }

  async #seal(
    observation: Observation,
    seq: number,
    type: string,
    data: Record<string, unknown>,
    stamp: Stamp,
    corrects: string | null,
  ): Promise<Entry> {
    const entry: Entry = {
      v: 1,
      type,
      id: newId(),
      observation: observation.id,
      seq,
      trial: observation.trial,
      corrects,
      clock: stamp.clock,
      place: stamp.place,
      data,
    };
    await this.#depot.entry(entry);
    return entry;
  }

  async #finish(observation: Observation, by: 'person' | 'quiet'): Promise<void> {
    const { before, after } = await this.#store.change(observation.id, (now) => ({
      ...now,
      entries: now.finished ? now.entries : now.entries + 1,
      finished: true,
    }));
    if (!before.finished) await this.#seal(after, before.entries, 'finish', { by }, this.#stamp(), null);
    // A real observation must never be marked as practice because somebody forgot to end it.
    if (by === 'quiet' && observation.trial) this.trial = false;
    if (this.#open?.id === observation.id) {
      this.#open = null;
      this.#entries = [];
      this.place.stop();
    }
    this.#tell();
  }

  /** One act after the other: entries keep the order of the taps. */
  #queue<T>(act: () => Promise<T>): Promise<T> {
    const next = this.#chain.then(act, act);
    this.#chain = next.catch(() => undefined);
    return next;
  }

  #tell(): void {
    for (const seen of this.#watchers) seen();
  }
}
