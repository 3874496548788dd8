/** A video element that goes to one frame and says which one it shows. */
import type { FrameTable } from './footage-frames';

export interface Shown {
  index: number;
  /** The browser named the frame by its own time stamp, and it is the one in the table. */
  exact: boolean;
}

const PATIENCE = 1500; // ms for one seek; a slow line takes longer, and then the next one is tried

export class Steps {
  private queue: Promise<unknown> = Promise.resolve();
  private latest = 0;

  private readonly video: HTMLVideoElement;
  private readonly table: FrameTable;
  /** A copy converted for viewing lacks frames: the nearest one stands for a frame, and nothing is called exact. */
  private readonly converted: boolean;

  constructor(video: HTMLVideoElement, table: FrameTable, converted = false) {
    this.video = video;
    this.table = table;
    this.converted = converted;
  }

  /** Goes to a frame. Null where a later call has overtaken this one. */
  go(index: number): Promise<Shown | null> {
    this.latest += 1;
    const mine = this.latest;
    const run = this.queue.then(() => (mine === this.latest ? this.reach(this.table.within(index)) : null));
    this.queue = run.catch(() => undefined);
    return run;
  }

  private async reach(index: number): Promise<Shown> {
    let shown: number | null = null;
    for (const moment of this.table.moments(index)) {
      const time = await this.seek(moment);
      if (time === null) continue;
      shown = this.table.named(time);
      if (this.converted || shown === index) break;
    }
    if (this.converted || shown === null) return { index, exact: false };
    return { index: shown, exact: shown === index };
  }

  /** The time stamp of the frame that came with a seek, or null where the browser doesn't say. */
  private seek(moment: number): Promise<number | null> {
    const { video } = this;
    return new Promise((done) => {
      let handle = 0;
      const end = (time: number | null) => {
        clearTimeout(timer);
        if (handle) video.cancelVideoFrameCallback(handle);
        video.removeEventListener('seeked', seeked);
        done(time);
      };
      const timer = setTimeout(() => end(null), PATIENCE);
      const seeked = () => {
        // Where frames are named, the name comes with the frame, before or after this event.
        if (!('requestVideoFrameCallback' in video)) end(null);
      };
      video.addEventListener('seeked', seeked);
      if ('requestVideoFrameCallback' in video)
        handle = video.requestVideoFrameCallback((_now, frame) => {
          handle = 0;
          end(frame.mediaTime);
        });
      video.currentTime = moment;
    });
  }
}

/** Calls back with each frame that comes on the screen while the film runs; returns a way to end it. */
export function eachFrame(video: HTMLVideoElement, seen: (mediaTime: number | null) => void): () => void {
  if (!('requestVideoFrameCallback' in video)) {
    const plain = () => seen(null);
    (video as HTMLVideoElement).addEventListener('timeupdate', plain);
    return () => (video as HTMLVideoElement).removeEventListener('timeupdate', plain);
  }
  let handle = 0;
  const next = (_now: number, frame: VideoFrameCallbackMetadata) => {
    seen(frame.mediaTime);
    handle = video.requestVideoFrameCallback(next);
  };
  handle = video.requestVideoFrameCallback(next);
  return () => video.cancelVideoFrameCallback(handle);
}
