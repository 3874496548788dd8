import { describe, expect, it } from 'vitest';
import { lookForExif } from '../../capture/exif';
import { minutesOfFilm, recorderOptions, recordingType, SLICE } from '../../capture/formats';
import { importFiles, PART } from '../../capture/importing';

const bytes = (...parts: (number[] | string)[]) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...part].map((c) => c.charCodeAt(0)) : part)),
  );

describe('Exif', () => {
  const start = [0xff, 0xd8];
  const app0 = [0xff, 0xe0, 0, 4, 1, 2];
  const app1 = bytes([0xff, 0xe1, 0, 10], 'Exif', [0, 0, 1, 2]);
  const scan = [0xff, 0xda, 0, 2];
  it('is found behind other segments', () => {
    expect(lookForExif(bytes(start, app0, [...app1], scan), 100)).toBe('found');
  });
  it('is none only when the picture begins without it', () => {
    expect(lookForExif(bytes(start, app0, scan), 100)).toBe('none');
  });
  it('is unread where the beginning does not tell', () => {
    expect(lookForExif(bytes(start, app0), 100)).toBe('unread');
    expect(lookForExif(bytes(start, [0, 1, 2, 3, 4]), 100)).toBe('unread');
    expect(lookForExif(bytes([0, 0, 0, 24], 'ftypheic'), 100)).toBe('unread');
    expect(lookForExif(new Uint8Array(), 0)).toBe('unread');
  });
  it('of a PNG may stand at its end', () => {
    const head = bytes([0x89], 'PNG', [13, 10, 26, 10], [0, 0, 0, 0], 'IHDR', [0, 0, 0, 0]);
    expect(lookForExif(head, 1000)).toBe('unread');
    expect(lookForExif(bytes([...head], [0, 0, 0, 0], 'eXIf', [0, 0, 0, 0]), 1000)).toBe('found');
    expect(lookForExif(bytes([...head], [0, 0, 0, 0], 'IEND', [0, 0, 0, 0]), 1000)).toBe('none');
  });
});

describe('what is recorded', () => {
  it('is WebM where there is any, MP4 where not', () => {
    expect(recordingType('film', (type) => type.startsWith('video/webm'))).toContain('vp9');
    expect(recordingType('film', (type) => type.startsWith('video/webm'), 4)).toContain('vp8');
    expect(recordingType('film', (type) => type === 'video/mp4')).toBe('video/mp4');
    expect(recordingType('sound', () => false)).toBeNull();
  });
  it('has a key frame for each slice in MP4', () => {
    const { videoKeyFrameIntervalDuration: apart } = recorderOptions('film', 'video/mp4') as {
      videoKeyFrameIntervalDuration?: number;
    };
    expect(apart).toBeGreaterThan(SLICE);
    expect(apart).toBeLessThan(SLICE * 1.5);
    expect(recorderOptions('film', 'video/webm')).not.toHaveProperty('videoKeyFrameIntervalDuration');
  });
  it('fits so many minutes', () => {
    expect(minutesOfFilm(1_000_000_000)).toBe(32);
    expect(minutesOfFilm(null)).toBeNull();
  });
});

describe('import', () => {
  function bench() {
    const written: number[] = [];
    const entries: [string, Record<string, unknown>][] = [];
    const depot = {
      start: async () => ({
        item: 'b'.repeat(32),
        write: async (part: Uint8Array) => void written.push(part.length),
        gap: () => {},
        finish: async () => ({ size: written.reduce((a, b) => a + b, 0), sha256: 'h', gaps: [] }),
      }),
    };
    const diary = {
      begin: async () => ({ id: 'o', trial: false }),
      add: async (type: string, data: Record<string, unknown>) => void entries.push([type, data]),
    };
    return { depot, diary, written, entries };
  }

  it('reads in parts, says begin before and import after', async () => {
    const { depot, diary, written, entries } = bench();
    const file = new File([new Uint8Array(2 * PART + 5)], 'IMG_1.JPG', {
      type: 'image/jpeg',
      lastModified: 7,
    });
    const shown: number[] = [];
    const became = await importFiles(
      depot,
      diary,
      [file],
      'files',
      ([one]) => void shown.push(one?.done ?? 0),
    );
    expect(written).toEqual([PART, PART, 5]);
    expect(entries.map(([type]) => type)).toEqual(['begin', 'import']);
    expect(entries[1]?.[1]).toMatchObject({
      name: 'IMG_1.JPG',
      picker: 'files',
      modified: 7,
      size: 2 * PART + 5,
      exif: 'unread',
    });
    expect(became[0]?.state).toBe('sealed');
    expect(shown.at(-1)).toBe(2 * PART + 5);
  });

  it('one that can not be read begins nothing and does not stop the others', async () => {
    const { depot, diary, entries } = bench();
    const broken = new File(['x'], 'cloud.jpg');
    broken.slice = () => {
      throw new DOMException('gone', 'NotReadableError');
    };
    const became = await importFiles(depot, diary, [broken, new File(['ok'], 'b.jpg')], 'gallery', () => {});
    expect(became.map(({ state }) => state)).toEqual(['failed', 'sealed']);
    expect(entries.map(([type]) => type)).toEqual(['begin', 'import']);
  });

  it('one that goes away half-way is ended with what was read, not left open', async () => {
    const { depot, diary, entries } = bench();
    const file = new File([new Uint8Array(2 * PART)], 'card.mp4');
    const slice = file.slice.bind(file);
    file.slice = (from, to) => {
      if (from) throw new DOMException('gone', 'NotReadableError');
      return slice(from, to);
    };
    const became = await importFiles(depot, diary, [file], 'files', () => {});
    expect(became.map(({ state }) => state)).toEqual(['failed']);
    expect(entries.map(([type, data]) => [type, data.reason])).toEqual([
      ['begin', undefined],
      ['end', 'phone'],
    ]);
  });

  it('an empty file is sealed as an empty file', async () => {
    const { depot, diary, entries } = bench();
    await importFiles(depot, diary, [new File([], 'empty.txt')], 'files', () => {});
    expect(entries[1]?.[1]).toMatchObject({ size: 0, exif: 'unread', mime: 'application/octet-stream' });
  });
});
