/**
 * One film or sound on its way from the stream into sealed storage.
 *
 * Slices are read the moment they come and handed on as bytes. Whatever happens to the camera, what was handed over
 * stays; an item that ends is closed with its size and hash, one that is killed stays open and is found cut at the next start.
 */
import { readSlice } from '../lib/blobs';
import type { Depot, EndReason, Recording } from '../lib/contracts';
import { begin } from './begin';
import { recorderOptions, SLICE } from './formats';

export interface Diary {
  begin(): Promise<{ id: string; trial: boolean }>;
  add(type: string, data: Record<string, unknown>): Promise<unknown>;
}

export interface Source {
  stream: MediaStream;
  kind: 'film' | 'sound';
  mime: string;
  camera: string | null;
}

export type Why = 'hidden' | 'muted' | 'frozen' | 'ended' | 'space';

export interface Ended {
  item: string | null;
  reason: EndReason;
  why: Why | null;
  /** Device time, ms. */
  at: number;
  /** Sealing failed: what was sealed before stays, cut. */
  failed: boolean;
}

export class Running {
  readonly source: Source;
  /** Device time of the first tap, ms, and the page's monotonic clock then. */
  readonly startedAt = Date.now();
  readonly #mono = performance.now();
  readonly #depot: Pick<Depot, 'start'>;
  readonly #diary: Diary;
  readonly #recorder: MediaRecorder;
  readonly #stopped: Promise<void>;
  readonly #ended: (end: Ended) => void;
  #recording: Promise<Recording>;
  #chain: Promise<unknown>;
  #slices = 0;
  #ending: Promise<Ended> | null = null;

  /** Starts at once; storage is opened while the first slice is being made. `ended` is called once, whatever ends it. */
  constructor(depot: Pick<Depot, 'start'>, diary: Diary, source: Source, ended: (end: Ended) => void) {
    this.#depot = depot;
    this.#diary = diary;
    this.source = source;
    this.#ended = ended;
    this.#recorder = new MediaRecorder(source.stream, recorderOptions(source.kind, source.mime));
    this.#stopped = new Promise((done) =>
      this.#recorder.addEventListener('stop', () => done(), { once: true }),
    );
    this.#recorder.addEventListener('dataavailable', ({ data }) => this.#slice(data));
    this.#recorder.addEventListener('error', () => void this.end('phone', 'ended'));
    this.#recorder.start(SLICE);
    this.#recording = this.#open();
    this.#chain = this.#recording;
    this.#chain.catch((error) => this.#storageFailed(error));
  }

  get elapsed(): number {
    return performance.now() - this.#mono;
  }

  get running(): boolean {
    return this.#ending === null;
  }

  async #open(): Promise<Recording> {
    const { kind, mime, camera } = this.source;
    return await begin(this.#depot, this.#diary, kind, { mime, ...(camera ? { camera } : {}) });
  }

  #slice(data: Blob): void {
    const number = this.#slices;
    this.#slices += 1;
    if (data.size === 0) return;
    // Read now: a Blob that waits may be written to disk in clear.
    const read = readSlice(data).catch(() => null);
    this.#chain = this.#chain.then(async () => {
      const recording = await this.#recording;
      const bytes = await read;
      if (bytes === null) recording.gap(number);
      else await recording.write(bytes);
    });
    this.#chain.catch((error) => this.#storageFailed(error));
  }

  #storageFailed(error: unknown): void {
    const full = error instanceof Error && error.name === 'PhoneFull';
    void (full ? this.end('space', 'space') : this.end('phone', 'ended'));
  }

  /** Ends it and resolves when it is sealed. Asked again, gives the same answer. */
  end(reason: EndReason, why: Why | null = null): Promise<Ended> {
    this.#ending ??= this.#close(reason, why, Date.now()).then((end) => {
      this.#ended(end);
      return end;
    });
    return this.#ending;
  }

  async #close(reason: EndReason, why: Why | null, at: number): Promise<Ended> {
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    // A recorder whose tracks were taken away may never answer.
    await Promise.race([this.#stopped, new Promise((done) => setTimeout(done, 2000))]);
    let recording: Recording | null = null;
    try {
      recording = await this.#recording;
      const { item } = recording;
      // Stamped now; when even this can't be sealed (no space), the end below says so.
      const stopped = why ? this.#diary.add('stopped', { item, why }).catch(() => null) : null;
      const whole = await this.#chain.then(
        () => true,
        () => false,
      );
      const { size, sha256, gaps } = await recording.finish();
      await stopped;
      await this.#diary.add('end', { item, size, sha256, gaps, reason });
      return { item, reason, why, at, failed: !whole };
    } catch {
      return { item: recording?.item ?? null, reason, why, at, failed: true };
    }
  }
}
