/** The camera and microphone as the browser gives them: opened, zoomed, turned off, watched. */

export type Facing = 'environment' | 'user';
export type Refusal = 'refused' | 'none' | 'busy' | 'unavailable';
/** Why a camera that was running no longer is. */
export type Loss = 'hidden' | 'muted' | 'frozen' | 'ended';

export class CameraError extends Error {
  readonly why: Refusal;
  constructor(why: Refusal) {
    super(why);
    this.why = why;
  }
}

interface Extras {
  zoom?: { min: number; max: number; step?: number };
  torch?: boolean;
}

/** Audio is taken as it sounds: processing for calls removes what is far away. */
const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false } as const;

export async function openStream(
  want: 'photo' | 'film' | 'sound',
  height: 1080 | 720,
  facing: Facing,
): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraError('unavailable');
  const video: MediaTrackConstraints = {
    facingMode: { ideal: facing },
    width: { ideal: height === 1080 ? 1920 : 1280 },
    height: { ideal: height },
    frameRate: { ideal: 30 },
  };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      video: want === 'sound' ? false : video,
      audio: want === 'photo' ? false : raw,
    });
    await lightOff(stream);
    return stream;
  } catch (error) {
    throw new CameraError(reason(error));
  }
}

function reason(error: unknown): Refusal {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'unavailable';
}

export function closeStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function extras(track: MediaStreamTrack | undefined): Extras {
  return (track?.getCapabilities?.() ?? {}) as Extras;
}

async function lightOff(stream: MediaStream): Promise<void> {
  const [track] = stream.getVideoTracks();
  if (extras(track).torch)
    await track
      ?.applyConstraints({ advanced: [{ torch: false } as MediaTrackConstraintSet] })
      .catch(() => undefined);
}

/** The zoom range of the camera, or null where it has none. */
export function zoomRange(stream: MediaStream): { min: number; max: number } | null {
  const { zoom } = extras(stream.getVideoTracks()[0]);
  return zoom && zoom.max > zoom.min ? { min: zoom.min, max: zoom.max } : null;
}

export async function setZoom(stream: MediaStream, factor: number): Promise<number> {
  const range = zoomRange(stream);
  const [track] = stream.getVideoTracks();
  if (!range || !track) return 1;
  // Some cameras count from 1, some from 100.
  const unit = range.min >= 10 ? range.min : 1;
  const value = Math.min(range.max, Math.max(range.min, factor * unit));
  await track
    .applyConstraints({ advanced: [{ zoom: value } as MediaTrackConstraintSet] })
    .catch(() => undefined);
  return value / unit;
}

/** Largest factor that the camera offers, 1 where it has no zoom. */
export function largestZoom(stream: MediaStream): number {
  const range = zoomRange(stream);
  return range ? range.max / (range.min >= 10 ? range.min : 1) : 1;
}

export async function hasSeveralCameras(): Promise<boolean> {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter(({ kind }) => kind === 'videoinput').length > 1;
}

const FROZEN_AFTER = 2000;
/** Between two looks; a longer pause means that the page itself stood still, which says nothing of the camera. */
const LOOK = 500;

/**
 * Calls `lost` once when the camera stops giving: page hidden, track muted or ended (a telephone call, another app), or
 * no new frame for two seconds. Returns the way to stop watching.
 */
export function watchStream(
  stream: MediaStream,
  video: HTMLVideoElement | null,
  lost: (why: Loss) => void,
): () => void {
  const stop = new AbortController();
  const tell = (why: Loss) => {
    if (stop.signal.aborted) return;
    stop.abort();
    lost(why);
  };
  const { signal } = stop;
  document.addEventListener('visibilitychange', () => document.hidden && tell('hidden'), { signal });
  window.addEventListener('pagehide', () => tell('hidden'), { signal });
  for (const track of stream.getTracks()) {
    track.addEventListener('ended', () => tell('ended'), { signal });
    // Taking a still mutes some cameras for a moment: only a second of it is a loss.
    track.addEventListener('mute', () => setTimeout(() => track.muted && tell('muted'), 1000), { signal });
  }
  const [track] = stream.getVideoTracks();
  if (video && track) watchFrames(video, track, signal, () => tell('frozen'));
  return () => stop.abort();
}

/**
 * Any sign of a new frame counts. `requestVideoFrameCallback` alone would cry wolf: it falls silent when the picture is
 * covered or the page is too busy to draw, while the camera delivers and the recorder records.
 */
function watchFrames(
  video: HTMLVideoElement,
  track: MediaStreamTrack | undefined,
  signal: AbortSignal,
  frozen: () => void,
): void {
  let seen = performance.now();
  let looked = seen;
  let counted = frames(video, track);
  const onFrame = () => {
    seen = performance.now();
    if (!signal.aborted) video.requestVideoFrameCallback?.(onFrame);
  };
  video.requestVideoFrameCallback?.(onFrame);
  const timer = setInterval(() => {
    const now = performance.now();
    const count = frames(video, track);
    if (count !== counted || now - looked > LOOK * 3) seen = now;
    counted = count;
    looked = now;
    if (now - seen > FROZEN_AFTER && !document.hidden) frozen();
  }, LOOK);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** Changes with each frame: what the camera delivered, what the player got, and where neither is told, its time. */
function frames(video: HTMLVideoElement, track: MediaStreamTrack | undefined): string {
  const delivered = (track as { stats?: { deliveredFrames?: number } } | undefined)?.stats?.deliveredFrames;
  const played = video.getVideoPlaybackQuality?.().totalVideoFrames;
  return delivered === undefined && played === undefined ? `${video.currentTime}` : `${delivered} ${played}`;
}
