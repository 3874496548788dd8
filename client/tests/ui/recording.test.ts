import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepStill } from '../../capture/keep';
import { type Ended, Running } from '../../capture/recording';
import type { Recording } from '../../lib/contracts';

/** A recorder that hands over what the test says, as browsers do: late, empty, or unreadable. */
class Recorder extends EventTarget {
  static last: Recorder;
  state = 'recording';
  constructor() {
    super();
    Recorder.last = this;
  }
  start() {}
  stop() {
    this.state = 'inactive';
    this.give('last');
    this.dispatchEvent(new Event('stop'));
  }
  give(text: string | Blob) {
    const data = typeof text === 'string' ? new Blob([text]) : text;
    this.dispatchEvent(Object.assign(new Event('dataavailable'), { data }));
  }
}

const unreadable = Object.assign(new Blob(['gone']), {
  arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')),
});

function bench(write: (bytes: Uint8Array) => Promise<void> = async () => {}) {
  const happened: string[] = [];
  const recording: Recording = {
    item: 'a'.repeat(32),
    write: async (bytes) => {
      await write(bytes);
      happened.push(`write ${new TextDecoder().decode(bytes)}`);
    },
    gap: (slice) => happened.push(`gap ${slice}`),
    finish: async () => {
      happened.push('finish');
      return { size: 4, sha256: 'h', gaps: [] };
    },
  };
  const depot = { start: async () => recording };
  const diary = {
    begin: async () => ({ id: 'o', trial: false }),
    add: async (type: string, data: Record<string, unknown>) => {
      happened.push(`${type} ${String(data.reason ?? data.why ?? data.kind)}`);
    },
  };
  const ended: Ended[] = [];
  const source = {
    stream: {} as MediaStream,
    kind: 'film' as const,
    mime: 'video/webm',
    camera: 'environment',
  };
  const running = new Running(depot, diary, source, (end) => ended.push(end));
  return { running, happened, ended, depot, diary };
}

beforeEach(() => vi.stubGlobal('MediaRecorder', Recorder));
afterEach(() => vi.unstubAllGlobals());

describe('a recording', () => {
  it('seals what it is before its first byte, keeps slices in order, and ends with its hash', async () => {
    const { running, happened, ended } = bench();
    Recorder.last.give('one');
    Recorder.last.give('two');
    await running.end('stop');
    expect(happened).toEqual(['begin film', 'write one', 'write two', 'write last', 'finish', 'end stop']);
    expect(ended).toMatchObject([{ reason: 'stop', why: null, failed: false }]);
  });

  it('says what it is a second time where the database gave way the first time', async () => {
    const { running, happened, diary } = bench();
    const { add } = diary;
    vi.spyOn(diary, 'add')
      .mockRejectedValueOnce(new DOMException('closed', 'UnknownError'))
      .mockImplementation(add);
    Recorder.last.give('one');
    const { failed } = await running.end('stop');
    expect(failed).toBe(false);
    expect(happened).toEqual(['begin film', 'write one', 'write last', 'finish', 'end stop']);
  });

  it('is ended, not left open, where it can not say what it is', async () => {
    const { happened, ended, diary } = bench();
    vi.spyOn(diary, 'add').mockRejectedValue(new DOMException('closed', 'UnknownError'));
    await vi.waitFor(() => expect(ended).toMatchObject([{ why: 'ended', failed: true }]));
    expect(happened).toContain('finish');
  });

  it('names a slice that could not be read, and goes on', async () => {
    const { running, happened } = bench();
    Recorder.last.give('one');
    Recorder.last.give(unreadable);
    Recorder.last.give('three');
    await running.end('stop');
    expect(happened).toContain('gap 1');
    expect(happened.indexOf('gap 1')).toBeLessThan(happened.indexOf('write three'));
  });

  it('passes over empty slices', async () => {
    const { running, happened } = bench();
    Recorder.last.give('');
    await running.end('stop');
    expect(happened.filter((act) => act.startsWith('write'))).toEqual(['write last']);
  });

  it('stopped by the phone: a timed entry says so, what came before is kept', async () => {
    const { running, happened, ended } = bench();
    Recorder.last.give('one');
    await running.end('phone', 'hidden');
    expect(happened).toEqual([
      'begin film',
      'stopped hidden',
      'write one',
      'write last',
      'finish',
      'end phone',
    ]);
    expect(ended[0]?.at).toBeGreaterThan(0);
  });

  it('ends once, whoever asks', async () => {
    const { running, ended, happened } = bench();
    await Promise.all([running.end('stop'), running.end('phone', 'muted'), running.end('stop')]);
    expect(ended).toHaveLength(1);
    expect(happened.filter((act) => act === 'finish')).toHaveLength(1);
  });

  it('ends by itself when the phone is full', async () => {
    const full = Object.assign(new Error('full'), { name: 'PhoneFull' });
    const { ended } = bench(() => Promise.reject(full));
    Recorder.last.give('one');
    await vi.waitFor(() => expect(ended).toMatchObject([{ reason: 'space', why: 'space', failed: true }]));
  });

  it('takes no other failure for a full phone', async () => {
    const { ended } = bench(() => Promise.reject(new Error('worker gone')));
    Recorder.last.give('one');
    await vi.waitFor(() => expect(ended).toMatchObject([{ reason: 'phone', failed: true }]));
  });
});

it('a still says what it is before its bytes, and where it comes from', async () => {
  const { happened, depot, diary } = bench();
  happened.length = 0;
  const seen: Record<string, unknown>[] = [];
  const watching = {
    ...diary,
    add: (type: string, data: Record<string, unknown>) => {
      seen.push(data);
      return diary.add(type, data);
    },
  };
  const bytes = new TextEncoder().encode('jpeg');
  await keepStill(depot, watching, { bytes, mime: 'image/jpeg', from: 'frame' }, 'environment');
  expect(happened.slice(-4)).toEqual(['begin photo', 'write jpeg', 'finish', 'end still']);
  expect(seen[0]).toMatchObject({ kind: 'photo', still: 'frame', camera: 'environment' });
});
