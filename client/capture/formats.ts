/** What this browser can record, best first. Pure. */

const FILM = [
  // WebM first: it is cut off anywhere without losing what came before, and needs no key frames to be written out.
  'video/webm;codecs=vp9,opus',
  'video/webm;codecs=vp8,opus',
  'video/webm;codecs=h264,opus',
  'video/webm',
  'video/mp4;codecs=avc1.42E01F,mp4a.40.2',
  'video/mp4',
] as const;

const SOUND = [
  'audio/webm;codecs=opus',
  'audio/webm',
  'audio/mp4;codecs=opus',
  'audio/mp4;codecs=mp4a.40.2',
  'audio/mp4',
  'audio/ogg;codecs=opus',
] as const;

export const FILM_BITS = 4_000_000;
export const SOUND_BITS = 64_000;
/** Milliseconds asked of MediaRecorder; nothing depends on getting them. */
export const SLICE = 500;
/**
 * MP4 is handed over at key frames only, and the first pictures at the second of them: left to itself that takes five
 * seconds, with one a second two. A little more than a slice, so that each slice brings what the last key frame closed.
 */
const MP4_KEY_FRAMES = SLICE + 100;

/** The first type `supported` accepts, or null. VP8 goes before VP9 on slow phones: fewer lost frames while the phone also seals. */
export function recordingType(
  kind: 'film' | 'sound',
  supported: (type: string) => boolean,
  cores = 8,
): string | null {
  const film = cores >= 6 ? FILM : [FILM[1], FILM[0], ...FILM.slice(2)];
  return (kind === 'film' ? film : SOUND).find((type) => supported(type)) ?? null;
}

export function recorderOptions(kind: 'film' | 'sound', type: string): MediaRecorderOptions {
  if (kind === 'sound') return { mimeType: type, audioBitsPerSecond: SOUND_BITS };
  return {
    mimeType: type,
    videoBitsPerSecond: FILM_BITS,
    audioBitsPerSecond: SOUND_BITS,
    ...(type.startsWith('video/mp4') ? { videoKeyFrameIntervalDuration: MP4_KEY_FRAMES } : {}),
  } as MediaRecorderOptions;
}

/** Minutes of film that fit into `free` bytes, with the tail and the entries left out: rounded down. */
export function minutesOfFilm(free: number | null): number | null {
  return free === null ? null : Math.floor((free * 8) / (FILM_BITS + SOUND_BITS) / 60);
}
