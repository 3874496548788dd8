/** The picture in its window: as large as fits, then up to eight times, moved by wheel, fingers, pointer and keys. */
import type { Point, Region, Size } from './region';

const MOST = 8;
const KEY_STEP = 60; // pixels of the screen that an arrow moves the picture

export class View {
  /** Pixels of the screen for one of the picture. */
  scale = 1;
  private x = 0;
  private y = 0;
  private fitted = true;
  /** Two fingers are on it: nothing is drawn meanwhile. */
  pinched = false;

  private readonly port: HTMLElement;
  private readonly scene: HTMLElement;
  readonly size: Size;
  private readonly changed: () => void;

  constructor(port: HTMLElement, scene: HTMLElement, size: Size, changed: () => void) {
    this.port = port;
    this.scene = scene;
    this.size = size;
    this.changed = changed;
    new ResizeObserver(() => (this.fitted ? this.whole() : this.settle())).observe(port);
  }

  /** How many times larger than the whole picture in the window. */
  get zoom(): number {
    return this.scale / this.least;
  }

  private get least(): number {
    return Math.min(this.port.clientWidth / this.size.width, this.port.clientHeight / this.size.height) || 1;
  }

  /** Eight times, and at least until a pixel of the picture is eight of the screen. */
  private get most(): number {
    return Math.max(MOST * this.least, MOST);
  }

  whole(): void {
    this.fitted = true;
    this.scale = this.least;
    this.x = 0;
    this.y = 0;
    this.settle();
  }

  /** `around`: the place of the window that stays where it is; its middle unless given. */
  zoomBy(factor: number, around: Point = this.middle): void {
    const before = this.inPicture(around);
    this.scale = Math.max(this.least, Math.min(this.most, this.scale * factor));
    this.fitted = this.scale <= this.least * 1.001;
    this.x = around.x - before.x * this.scale;
    this.y = around.y - before.y * this.scale;
    this.settle();
  }

  moveBy(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.settle();
  }

  /** Brings a region to the middle, large enough to be read. */
  lookAt(region: Region): void {
    const room = Math.min(this.port.clientWidth / region.w, this.port.clientHeight / region.h) / 2;
    this.scale = Math.max(this.least, Math.min(this.most, room));
    this.fitted = this.scale <= this.least * 1.001;
    this.x = this.middle.x - (region.x + region.w / 2) * this.scale;
    this.y = this.middle.y - (region.y + region.h / 2) * this.scale;
    this.settle();
  }

  get middle(): Point {
    return { x: this.port.clientWidth / 2, y: this.port.clientHeight / 2 };
  }

  /** A place of the window, in pixels of the picture. */
  inPicture(at: Point): Point {
    return { x: (at.x - this.x) / this.scale, y: (at.y - this.y) / this.scale };
  }

  /** Where a pointer is, in pixels of the window. */
  inWindow(event: { clientX: number; clientY: number }): Point {
    const box = this.port.getBoundingClientRect();
    return {
      x: event.clientX - box.left - this.port.clientLeft,
      y: event.clientY - box.top - this.port.clientTop,
    };
  }

  /** A region of the picture in pixels of the window. */
  onScreen(region: Region): Region {
    return {
      x: region.x * this.scale + this.x,
      y: region.y * this.scale + this.y,
      w: region.w * this.scale,
      h: region.h * this.scale,
    };
  }

  /** The part of the picture that is seen. */
  get seen(): Region {
    const a = this.inPicture({ x: 0, y: 0 });
    const b = this.inPicture({ x: this.port.clientWidth, y: this.port.clientHeight });
    const [x, y] = [Math.max(0, a.x), Math.max(0, a.y)];
    return { x, y, w: Math.min(this.size.width, b.x) - x, h: Math.min(this.size.height, b.y) - y };
  }

  /** True for a key that means something here. */
  key(event: KeyboardEvent): boolean {
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [KEY_STEP, 0],
      ArrowRight: [-KEY_STEP, 0],
      ArrowUp: [0, KEY_STEP],
      ArrowDown: [0, -KEY_STEP],
    };
    const move = moves[event.key];
    if (move) this.moveBy(...move);
    return !!move;
  }

  private settle(): void {
    this.scale = Math.max(this.least, Math.min(this.most, this.scale));
    this.x = within(this.x, this.port.clientWidth, this.size.width * this.scale);
    this.y = within(this.y, this.port.clientHeight, this.size.height * this.scale);
    this.scene.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.changed();
  }
}

/** A picture smaller than the window stands in its middle; a larger one leaves no gap at its edges. */
function within(at: number, room: number, length: number): number {
  return length <= room ? (room - length) / 2 : Math.max(room - length, Math.min(0, at));
}

/** Wheel and two fingers; what one finger or the mouse does is said by `drag`. */
export function gestures(port: HTMLElement, view: View, drag: (event: PointerEvent) => void): void {
  port.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      if (event.shiftKey) view.moveBy(-event.deltaY - event.deltaX, 0);
      else view.zoomBy(1.0015 ** -event.deltaY, view.inWindow(event));
    },
    { passive: false },
  );
  const fingers = new Map<number, Point>();
  port.addEventListener('pointerdown', (event) => {
    fingers.set(event.pointerId, view.inWindow(event));
    view.pinched = fingers.size > 1;
    if (!view.pinched) drag(event);
  });
  port.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (!before) return;
    const now = view.inWindow(event);
    if (other) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      const apart = (one: Point) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
      view.moveBy((now.x - before.x) / 2, (now.y - before.y) / 2);
      view.zoomBy(apart(now) / apart(before), middle);
    }
    fingers.set(event.pointerId, now);
  });
  for (const name of ['pointerup', 'pointercancel'] as const)
    window.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      view.pinched = fingers.size > 1;
    });
}
