/** The viewfinder: picture, zoom by button and pinch, the other camera. */

import { catalogue } from '../lib/text';
import { button, el, fill } from '../shell/dom';
import { icon } from '../shell/icons';
import { closeStream, type Facing, hasSeveralCameras, largestZoom, openStream, setZoom } from './camera';

const t = catalogue({
  en: { view: 'Viewfinder', zoom: 'Zoom', times: (p: { n: number }) => `${p.n}×`, switch: 'Other camera' },
  fr: { view: 'Viseur', zoom: 'Zoom', times: (p) => `${p.n}×`, switch: 'Autre caméra' },
});

const STEPS = [1, 2, 5] as const;

export class Lens {
  readonly video = el('video', {
    class: 'view',
    at: { muted: true, playsinline: true, 'aria-label': t('view') },
  });
  readonly zooms = el('div', { class: 'zooms', at: { role: 'group', 'aria-label': t('zoom') } });
  /** Stays empty on a phone with one camera. */
  readonly switcher = el('span');
  facing: Facing = 'environment';
  stream: MediaStream | null = null;
  #factor = 1;
  readonly #height: 1080 | 720;

  /** `switched` is called when the person wants the other camera; `facing` is it already. */
  constructor(height: 1080 | 720, switched: () => void) {
    this.#height = height;
    // The attribute alone doesn't mute an element made by script.
    this.video.muted = true;
    this.#pinch();
    void hasSeveralCameras().then((several) => {
      if (!several) return;
      fill(
        this.switcher,
        button(
          {
            class: 'icon-button',
            name: t('switch'),
            press: () => {
              this.facing = this.facing === 'environment' ? 'user' : 'environment';
              switched();
            },
          },
          icon('switch'),
        ),
      );
    });
  }

  async open(want: 'photo' | 'film'): Promise<MediaStream> {
    this.close();
    const stream = await openStream(want, this.#height, this.facing);
    this.stream = stream;
    this.video.srcObject = stream;
    this.video.classList.toggle('mirrored', this.facing === 'user');
    await this.video.play().catch(() => undefined);
    this.#factor = 1;
    this.#drawZoom();
    return stream;
  }

  close(): void {
    closeStream(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  async #zoom(factor: number): Promise<void> {
    if (!this.stream) return;
    this.#factor = await setZoom(this.stream, factor);
    this.#drawZoom();
  }

  #drawZoom(): void {
    const largest = this.stream ? largestZoom(this.stream) : 1;
    fill(
      this.zooms,
      ...STEPS.filter((step) => largest > 1 && step <= largest).map((step) =>
        button(
          {
            class: 'zoom',
            at: { 'aria-pressed': Math.abs(this.#factor - step) < 0.05 ? 'true' : 'false' },
            press: () => this.#zoom(step),
          },
          t('times', { n: step }),
        ),
      ),
    );
  }

  #pinch(): void {
    const fingers = new Map<number, PointerEvent>();
    let start: { distance: number; factor: number } | null = null;
    const distance = () => {
      const [a, b] = [...fingers.values()];
      return a && b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
    };
    this.video.addEventListener('pointerdown', (event) => {
      fingers.set(event.pointerId, event);
      start = fingers.size === 2 ? { distance: distance(), factor: this.#factor } : null;
    });
    this.video.addEventListener('pointermove', (event) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, event);
      if (start && start.distance > 0) void this.#zoom((start.factor * distance()) / start.distance);
    });
    for (const name of ['pointerup', 'pointercancel', 'pointerleave'] as const)
      this.video.addEventListener(name, (event) => {
        fingers.delete(event.pointerId);
        start = null;
      });
  }
}
