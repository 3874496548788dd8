/** The frames around the one on the screen, at the marked region: digits are compared from frame to frame. */
import { fetchFrame } from './footage-film';
import type { FrameTable } from './footage-frames';
import { Steps } from './footage-steps';
import { need, type Say, stamp } from './footage-words';
import type { Region, Size } from './region';

const REST = 250; // ms without another step before the neighbours are looked at

export class Strip {
  private readonly steps: Steps;
  private readonly video: HTMLVideoElement;
  private readonly cells: { by: number; button: HTMLButtonElement; canvas: HTMLCanvasElement }[];
  private waiting = 0;
  private turn = 0;
  private index = 0;
  private region: Region | null = null;

  private readonly table: FrameTable;
  private readonly size: Size;
  private readonly say: Say;
  private readonly converted: boolean;
  private readonly address: (tick: number) => string;
  private asked = new AbortController();

  constructor(
    root: HTMLElement,
    main: HTMLVideoElement,
    table: FrameTable,
    size: Size,
    say: Say,
    converted: boolean,
    address: (tick: number) => string,
    go: (index: number) => void,
  ) {
    this.converted = converted;
    this.address = address;
    this.table = table;
    this.size = size;
    this.say = say;
    // A second view of the same film: the main one stays where it is.
    this.video = document.createElement('video');
    Object.assign(this.video, {
      muted: true,
      playsInline: true,
      preload: 'auto',
      src: main.currentSrc || main.src,
    });
    this.steps = new Steps(this.video, table, converted);
    this.cells = [...root.querySelectorAll<HTMLButtonElement>('[data-by]')].map((button) => ({
      by: Number(button.dataset.by),
      button,
      canvas: need<HTMLCanvasElement>(button, 'canvas'),
    }));
    for (const { by, button } of this.cells) button.addEventListener('click', () => go(this.index + by));
  }

  canvases(): HTMLCanvasElement[] {
    return this.cells.map(({ canvas }) => canvas);
  }

  show(index: number, region: Region | null): void {
    this.index = index;
    this.region = region;
    this.turn += 1;
    for (const { by, button } of this.cells) {
      const at = index + by;
      const there = at >= 0 && at < this.table.count;
      button.disabled = !there;
      need(button, 'span').textContent = there ? stamp(this.table.time(at)) : '';
      button.setAttribute(
        'aria-label',
        there
          ? `${this.say('frame', { n: at + 1, all: this.table.count })}, ${stamp(this.table.time(at))}`
          : '–',
      );
    }
    this.asked.abort();
    this.asked = new AbortController();
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => void this.look(this.turn), REST);
  }

  private async look(turn: number): Promise<void> {
    const nearest = [...this.cells].sort((a, b) => Math.abs(a.by) - Math.abs(b.by));
    const lacking: { at: number; canvas: HTMLCanvasElement }[] = [];
    for (const { by, canvas } of nearest) {
      const at = this.index + by;
      if (at < 0 || at >= this.table.count) {
        clear(canvas);
        continue;
      }
      const got = await this.steps.go(at);
      if (turn !== this.turn) return;
      if (!got?.exact) lacking.push({ at, canvas });
      if (got?.exact || this.converted) this.draw(canvas, this.video, got?.exact ?? false);
      else clear(canvas);
    }
    // What the browser can't show exactly the server decodes, one after another; of a converted film only what is marked.
    for (const { at, canvas } of this.converted && !this.region ? [] : lacking) {
      const image = await fetchFrame(this.address(this.table.tick(at)), this.asked.signal).catch(() => null);
      if (image && turn === this.turn) this.draw(canvas, image, true);
      image?.close();
      if (turn !== this.turn) return;
    }
  }

  /** A frame of a converted film is shown pale: finer ones are in the working copy. */
  private draw(canvas: HTMLCanvasElement, source: HTMLVideoElement | ImageBitmap, exact: boolean): void {
    const natural =
      source instanceof HTMLVideoElement
        ? { width: source.videoWidth, height: source.videoHeight }
        : { width: source.width, height: source.height };
    if (!natural.width) return;
    drawPart(canvas, source, natural, this.size, this.region);
    canvas.classList.toggle('pale', !exact);
  }
}

function clear(canvas: HTMLCanvasElement): void {
  canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
}

/** A part of a picture, as large as fits. `natural`: pixels of what is drawn; `size`: those that `region` counts in. */
export function drawPart(
  canvas: HTMLCanvasElement,
  source: CanvasImageSource,
  natural: Size,
  size: Size,
  region: Region | null,
  smooth = true,
): void {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const part = region ?? { x: 0, y: 0, w: size.width, h: size.height };
  const [across, down] = [natural.width / size.width, natural.height / size.height];
  const scale = Math.min(canvas.width / part.w, canvas.height / part.h);
  const [w, h] = [part.w * scale, part.h * scale];
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = smooth;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(
    source,
    part.x * across,
    part.y * down,
    part.w * across,
    part.h * down,
    (canvas.width - w) / 2,
    (canvas.height - h) / 2,
    w,
    h,
  );
}
