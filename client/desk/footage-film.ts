/**
 * A film frame by frame: the browser goes to a frame where it can, and where it can't show exactly that one the server
 * decodes it. What is drawn is always named by its own time stamp.
 */
import type { FrameTable } from './footage-frames';
import { eachFrame, Steps } from './footage-steps';

export interface Drawn {
  index: number;
  /** Drawn by the server, from the working copy itself. */
  server: boolean;
  exact: boolean;
  /** The server was asked for it and didn't bring it. */
  lost?: boolean;
}

const STILL = 350; // ms on one frame before the server is asked for it

export class Film {
  index = 0;
  private readonly steps: Steps;
  private wanted = 0;
  private waiting = 0;
  private fetched = new AbortController();

  private readonly video: HTMLVideoElement;
  private readonly canvas: HTMLCanvasElement;
  readonly table: FrameTable;
  private readonly converted: boolean;
  /** The address of a frame decoded by the server, by its time stamp. */
  private readonly address: (tick: number) => string;
  private readonly shown: (drawn: Drawn) => void;

  constructor(
    video: HTMLVideoElement,
    canvas: HTMLCanvasElement,
    table: FrameTable,
    converted: boolean,
    address: (tick: number) => string,
    shown: (drawn: Drawn) => void,
  ) {
    this.video = video;
    this.canvas = canvas;
    this.table = table;
    this.converted = converted;
    this.address = address;
    this.shown = shown;
    this.steps = new Steps(video, table, converted);
    eachFrame(video, (mediaTime) => {
      if (video.paused) return;
      const at = mediaTime ?? video.currentTime;
      this.index = table.named(at) ?? table.at(at);
      this.draw();
      this.shown({ index: this.index, server: false, exact: !converted });
    });
    video.addEventListener('pause', () => void this.go(this.index));
  }

  get playing(): boolean {
    return !this.video.paused;
  }

  play(): void {
    this.stopFetching();
    if (this.video.paused) void this.video.play().catch(() => undefined);
    else this.video.pause();
  }

  async go(index: number): Promise<void> {
    this.stopFetching();
    if (!this.video.paused) {
      this.index = this.table.within(index);
      this.video.pause(); // comes back here
      return;
    }
    this.wanted = this.table.within(index);
    this.index = this.wanted;
    const unable = this.video.error !== null;
    const got = unable ? { index: this.wanted, exact: false } : await this.steps.go(this.wanted);
    if (!got) return;
    if (!unable && (got.exact || this.converted)) this.draw();
    this.shown({ index: this.wanted, server: false, exact: got.exact });
    if (!got.exact) this.askServer(this.wanted);
  }

  private draw(): void {
    const { video, canvas } = this;
    if (canvas.width !== video.videoWidth) canvas.width = video.videoWidth;
    if (canvas.height !== video.videoHeight) canvas.height = video.videoHeight;
    canvas.getContext('2d')?.drawImage(video, 0, 0);
  }

  private stopFetching(): void {
    clearTimeout(this.waiting);
    this.fetched.abort();
    this.fetched = new AbortController();
  }

  private askServer(index: number): void {
    const { signal } = this.fetched;
    this.waiting = window.setTimeout(async () => {
      const image = await fetchFrame(this.address(this.table.tick(index)), signal).catch(() => null);
      if (signal.aborted) {
        image?.close();
        return;
      }
      if (!image) {
        this.shown({ index, server: false, exact: false, lost: true });
        return;
      }
      this.canvas.width = image.width;
      this.canvas.height = image.height;
      this.canvas.getContext('2d')?.drawImage(image, 0, 0);
      image.close();
      this.shown({ index, server: true, exact: true });
    }, STILL);
  }
}

/** One frame as the server decodes it. Null where it can't. */
export async function fetchFrame(address: string, signal: AbortSignal): Promise<ImageBitmap | null> {
  const answer = await fetch(address, { signal, headers: { Accept: 'image/png' } });
  return answer.ok ? createImageBitmap(await answer.blob()) : null;
}
