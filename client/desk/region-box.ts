/** The frame around what is marked: drawn by pointer, moved and sized by keys, typed as figures. */
import type { View } from './footage-view';
import { need, type Say } from './footage-words';
import { between, drawn, fitted, type Handle, moved, proposed, type Region, resized, step } from './region';

const SIDES = ['x', 'y', 'w', 'h'] as const;
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class RegionBox {
  region: Region | null = null;
  private readonly node: HTMLElement;
  private readonly sides: HTMLInputElement[];
  private speaking = 0;

  private readonly view: View;
  private readonly say: Say;
  private readonly speak: (text: string) => void;
  private readonly changed: () => void;

  constructor(root: HTMLElement, view: View, say: Say, speak: (text: string) => void, changed: () => void) {
    this.view = view;
    this.say = say;
    this.speak = speak;
    this.changed = changed;
    this.node = need(root, '[data-marked]');
    this.sides = SIDES.map((side) => need<HTMLInputElement>(root, `[data-side="${side}"]`));
    for (const input of this.sides) input.addEventListener('change', () => this.typed());
    this.node.addEventListener('keydown', (event) => this.key(event));
    for (const corner of this.node.querySelectorAll<HTMLElement>('[data-corner]'))
      corner.addEventListener('pointerdown', (event) => this.stretch(event, corner.dataset.corner as Handle));
    this.node.addEventListener('pointerdown', (event) => this.carry(event));
  }

  set(region: Region | null): void {
    this.region = region && fitted(region, this.view.size);
    this.draw();
    this.changed();
  }

  /** By key: a first frame in the middle of what is seen, then the focus on it. */
  begin(): void {
    if (!this.region) this.set(proposed(this.view.seen, this.view.size));
    this.node.focus();
    this.announce();
  }

  /** From where the pointer went down to where it is. */
  mark(event: PointerEvent): void {
    const start = this.view.inPicture(this.view.inWindow(event));
    const from = this.view.inWindow(event);
    this.follow(event, (now) => {
      const to = this.view.inWindow(now);
      if (Math.hypot(to.x - from.x, to.y - from.y) > 4)
        this.set(between(start, this.view.inPicture(to), this.view.size));
    });
  }

  draw(): void {
    const { node, region } = this;
    node.hidden = !region;
    for (const [at, input] of this.sides.entries()) {
      input.disabled = !region;
      input.value = region ? String(region[SIDES[at] ?? 'x']) : '';
    }
    if (!region) return;
    const { x, y, w, h } = this.view.onScreen(region);
    Object.assign(node.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
  }

  private carry(event: PointerEvent): void {
    const region = this.region;
    if (!region || event.button !== 0) return;
    event.stopPropagation();
    const from = this.view.inPicture(this.view.inWindow(event));
    this.follow(event, (now) => {
      const to = this.view.inPicture(this.view.inWindow(now));
      this.set(moved(region, to.x - from.x, to.y - from.y, this.view.size));
    });
  }

  private stretch(event: PointerEvent, corner: Handle): void {
    const region = this.region;
    if (!region) return;
    event.stopPropagation();
    this.follow(event, (now) =>
      this.set(drawn(region, corner, this.view.inPicture(this.view.inWindow(now)), this.view.size)),
    );
  }

  private follow(event: PointerEvent, moving: (now: PointerEvent) => void): void {
    const target = event.currentTarget as HTMLElement;
    target.setPointerCapture(event.pointerId);
    const end = new AbortController();
    const options = { signal: end.signal };
    target.addEventListener(
      'pointermove',
      (now) => {
        if (!this.view.pinched) moving(now);
      },
      options,
    );
    for (const name of ['pointerup', 'pointercancel'] as const)
      target.addEventListener(
        name,
        () => {
          end.abort();
          this.announce();
        },
        options,
      );
  }

  private key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    const region = this.region;
    if (!arrow || !region || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const by = step(this.view.scale, event.altKey);
    const change = event.shiftKey ? resized : moved;
    this.set(change(region, arrow[0] * by, arrow[1] * by, this.view.size));
    this.announce();
  }

  private typed(): void {
    const [x, y, w, h] = this.sides.map((input) => Number(input.value) || 0);
    if (x === undefined || y === undefined || w === undefined || h === undefined) return;
    this.set({ x, y, w, h });
    this.announce();
  }

  /** Spoken once the keys rest: a voice that is always behind is no help. */
  private announce(): void {
    clearTimeout(this.speaking);
    this.speaking = window.setTimeout(() => {
      if (this.region) this.speak(this.say('region', { ...this.region }));
    }, 350);
  }
}
