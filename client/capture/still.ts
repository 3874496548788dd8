/** One still at the best resolution the phone gives, as bytes. Never a Blob that stays. */
import { readSlice } from '../lib/blobs';

export interface Still {
  bytes: Uint8Array;
  mime: string;
  /** `photo`: the camera's own picture; `frame`: a frame of the stream, where the browser has nothing better. */
  from: 'photo' | 'frame';
}

interface Capture {
  takePhoto(): Promise<Blob>;
}

/** `running`: a film is being recorded; then a frame is taken where a photo would interrupt the stream. */
export async function takeStill(
  stream: MediaStream,
  video: HTMLVideoElement,
  running: boolean,
): Promise<Still> {
  const [track] = stream.getVideoTracks();
  const Maker = (globalThis as { ImageCapture?: new (track: MediaStreamTrack) => Capture }).ImageCapture;
  if (Maker && track?.readyState === 'live') {
    const photo = await withinSeconds(new Maker(track).takePhoto(), running ? 3 : 6).catch(() => null);
    if (photo && photo.size > 0)
      return { bytes: await readSlice(photo), mime: photo.type || 'image/jpeg', from: 'photo' };
  }
  return frame(video);
}

async function frame(video: HTMLVideoElement): Promise<Still> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  if (!context || canvas.width === 0) throw new Error('no picture yet');
  context.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.95));
  canvas.width = 0;
  if (!blob) throw new Error('no picture');
  return { bytes: await readSlice(blob), mime: 'image/jpeg', from: 'frame' };
}

function withinSeconds<T>(promise: Promise<T>, seconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('too slow')), seconds * 1000);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
