/** The page for reading a number from footage: puts its parts together. */
import { digitBoxes } from './digits-boxes';
import { Crops } from './footage-crops';
import { eye } from './footage-eye';
import { type Drawn, Film } from './footage-film';
import { type FramesSaid, FrameTable } from './footage-frames';
import { drawPart, Strip } from './footage-strip';
import { gestures, View } from './footage-view';
import { need, type Say, stamp, wordsOf } from './footage-words';
import type { Region, Size } from './region';
import { RegionBox } from './region-box';

const HARD = 3; // zoom from which pixels may be drawn with hard edges
const ZOOM_STEP = 1.5;

export async function footage(root: HTMLElement): Promise<void> {
  const say = wordsOf(root);
  const says = need(root, '[data-viewport-say]');
  const speak = (text: string) => {
    says.textContent = text;
  };
  const form = root.querySelector<HTMLFormElement>('[data-reading]');
  if (form) {
    digitBoxes(form, Number(root.dataset.length), say);
    newOfficer(form);
  }
  speak(say('loading'));
  const said = await framesOf(root.dataset.frames ?? '', say);
  speak(typeof said === 'string' ? said : root.dataset.kind === 'film' ? say('coming') : '');
  if (typeof said !== 'string') new Page(root, say, speak, said);
}

/** The frames as the server knows them, or in words why not. */
async function framesOf(address: string, say: Say): Promise<FramesSaid | string> {
  try {
    const answer = await fetch(address, { headers: { Accept: 'application/json' } });
    const said = (await answer.json()) as FramesSaid & { error?: string };
    return answer.ok ? said : (said.error ?? say('failed'));
  } catch {
    return say('failed');
  }
}

/** Force and look are asked for somebody new only: of the others they are known. */
function newOfficer(form: HTMLFormElement): void {
  const draw = () => {
    need(form, '[data-new-officer]').hidden = !form.querySelector('[name="who"][value="new"]:checked');
  };
  form.addEventListener('change', draw);
  draw();
}

class Page {
  private readonly size: Size;
  private readonly view: View;
  private readonly box: RegionBox;
  private readonly crops: Crops;
  private film: Film | null = null;
  private strip: Strip | null = null;
  private readonly picture: HTMLCanvasElement | HTMLImageElement;
  private hard = false;
  private tool = 'mark';

  private readonly root: HTMLElement;
  private readonly say: Say;
  private readonly speak: (text: string) => void;

  constructor(root: HTMLElement, say: Say, speak: (text: string) => void, said: FramesSaid) {
    this.root = root;
    this.say = say;
    this.speak = speak;
    this.size = { width: said.width, height: said.height };
    this.picture = need(root, '[data-picture]');
    const scene = need(root, '[data-scene]');
    for (const node of scene.querySelectorAll<HTMLElement>('video, canvas, img'))
      Object.assign(node.style, { width: `${said.width}px`, height: `${said.height}px` });
    this.view = new View(need(root, '[data-viewport]'), scene, this.size, () => this.moved());
    this.box = new RegionBox(root, this.view, say, speak, () => this.marked());
    this.view.whole();
    this.crops = new Crops(
      root,
      say,
      speak,
      () =>
        this.box.region && {
          region: this.box.region,
          tick: this.film ? this.film.table.tick(this.film.index) : null,
        },
    );
    if (root.dataset.kind === 'film') this.openFilm(new FrameTable(said));
    else this.picture.addEventListener('load', () => this.magnify());
    const light = eye(root, () => [
      this.picture,
      need(root, '[data-magnifier]'),
      ...(this.strip?.canvases() ?? []),
    ]);
    light();
    this.listen();
    this.box.set(null);
    root.classList.add('ready');
  }

  private openFilm(table: FrameTable): void {
    const video = need<HTMLVideoElement>(this.root, '[data-film]');
    const converted = this.root.dataset.converted === 'yes';
    const pattern = this.root.dataset.frame ?? '';
    const address = (tick: number) => pattern.replace(/0$/, String(tick));
    this.film = new Film(video, this.picture as HTMLCanvasElement, table, converted, address, (drawn) =>
      this.drawn(drawn),
    );
    this.strip = new Strip(
      this.root,
      video,
      table,
      this.size,
      this.say,
      converted,
      address,
      (at) => void this.film?.go(at),
    );
    const time = need<HTMLInputElement>(this.root, '[data-time]');
    time.max = String(table.count - 1);
    time.addEventListener('input', () => void this.film?.go(Number(time.value)));
    const begin = Number(/(?:^|[#&])at=(\d+)/.exec(location.hash)?.[1] ?? this.root.dataset.begin ?? 0);
    void this.film.go(begin ? table.at(begin / 1000) : 0);
    video.addEventListener('error', () => {
      this.speak(this.say('unseen'));
      void this.film?.go(this.film.index);
    });
    for (const name of ['play', 'pause'] as const)
      video.addEventListener(name, () => {
        const button = need(this.root, '[data-play]');
        button.textContent = this.say(video.paused ? 'play' : 'pause');
        button.setAttribute('aria-pressed', String(!video.paused));
      });
  }

  /** A frame is on the screen. */
  private drawn({ index, server, exact, lost }: Drawn): void {
    const { film, strip } = this;
    if (!film) return;
    const words = this.say('frame', { n: index + 1, all: film.table.count });
    const at = stamp(film.table.time(index));
    need(this.root, '[data-frame-say]').textContent = `${at} · ${words}`;
    const time = need<HTMLInputElement>(this.root, '[data-time]');
    time.value = String(index);
    time.setAttribute('aria-valuetext', `${words}, ${at}`);
    this.root.dataset.shown = String(index);
    this.root.dataset.exact = exact ? (server ? 'server' : 'yes') : 'no';
    if (!film.playing) {
      this.speak(lost ? this.say('failed') : server ? this.say('fromServer') : exact ? '' : this.say('near'));
      strip?.show(index, this.box.region);
    }
    this.magnify();
  }

  private moved(): void {
    const { view } = this;
    const zoom = `${(Math.round(view.zoom * 10) / 10).toLocaleString(document.documentElement.lang)}×`;
    need(this.root, '[data-zoom-say]').textContent = zoom;
    const pixels = need<HTMLButtonElement>(this.root, '[data-pixels]');
    pixels.disabled = view.zoom <= HARD && view.scale <= HARD;
    this.picture.classList.toggle('hard', this.hard && !pixels.disabled);
    this.box?.draw();
  }

  private marked(): void {
    need<HTMLButtonElement>(this.root, '[data-cut]').disabled = !this.box.region;
    need(this.root, '[data-nothing-marked]').hidden = !!this.box.region;
    this.magnify();
    if (this.film && !this.film.playing) this.strip?.show(this.film.index, this.box.region);
  }

  private magnify(): void {
    const lens = need<HTMLCanvasElement>(this.root, '[data-magnifier]');
    const region = this.box?.region;
    if (!region) {
      lens.getContext('2d')?.clearRect(0, 0, lens.width, lens.height);
      return;
    }
    const { picture } = this;
    const natural =
      picture instanceof HTMLImageElement
        ? { width: picture.naturalWidth, height: picture.naturalHeight }
        : { width: picture.width, height: picture.height };
    if (natural.width) drawPart(lens, picture, natural, this.size, region, !this.hard);
  }

  private listen(): void {
    const { root, view } = this;
    const port = need(root, '[data-viewport]');
    gestures(port, view, (event) => {
      if (event.button === 1 || this.tool === 'hand') this.hand(event);
      else if (event.button === 0) this.box.mark(event);
    });
    port.addEventListener('keydown', (event) => {
      if (event.target === port && !event.ctrlKey && !event.metaKey && !event.altKey && view.key(event)) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
    document.addEventListener('keydown', (event) => {
      if (event.target === document.body || root.contains(event.target as Node)) this.key(event);
    });
    for (const button of root.querySelectorAll<HTMLButtonElement>('[data-go]'))
      button.addEventListener('click', () => this.step(Number(button.dataset.go)));
    root.querySelector('[data-play]')?.addEventListener('click', () => this.film?.play());
    for (const button of root.querySelectorAll<HTMLButtonElement>('[data-zoom-by]'))
      button.addEventListener('click', () => this.zoom(button.dataset.zoomBy ?? ''));
    for (const button of root.querySelectorAll<HTMLButtonElement>('[data-tool]'))
      button.addEventListener('click', () => this.take(button.dataset.tool ?? 'mark'));
    if (matchMedia('(pointer: coarse)').matches) this.take('hand');
    const pixels = need<HTMLButtonElement>(root, '[data-pixels]');
    pixels.addEventListener('click', () => {
      this.hard = !this.hard;
      pixels.setAttribute('aria-pressed', String(this.hard));
      this.moved();
      this.magnify();
    });
    for (const button of root.querySelectorAll<HTMLButtonElement>('[data-goto]'))
      button.addEventListener('click', () => void this.show(button));
  }

  private take(tool: string): void {
    this.tool = tool;
    for (const button of this.root.querySelectorAll<HTMLButtonElement>('[data-tool]'))
      button.setAttribute('aria-pressed', String(button.dataset.tool === tool));
    need(this.root, '[data-viewport]').classList.toggle('hand', tool === 'hand');
  }

  private hand(event: PointerEvent): void {
    const port = event.currentTarget as HTMLElement;
    event.preventDefault();
    port.setPointerCapture(event.pointerId);
    let { clientX, clientY } = event;
    const end = new AbortController();
    port.addEventListener(
      'pointermove',
      (now) => {
        if (!this.view.pinched) this.view.moveBy(now.clientX - clientX, now.clientY - clientY);
        ({ clientX, clientY } = now);
      },
      { signal: end.signal },
    );
    for (const name of ['pointerup', 'pointercancel'] as const)
      port.addEventListener(name, () => end.abort(), { signal: end.signal });
  }

  private step(by: number): void {
    if (this.film) void this.film.go(this.film.index + by);
  }

  private zoom(how: string): void {
    if (how === 'none') this.view.whole();
    else this.view.zoomBy(how === 'in' ? ZOOM_STEP : 1 / ZOOM_STEP);
    this.speak(this.say('zoom', { n: need(this.root, '[data-zoom-say]').textContent ?? '' }));
  }

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.closest('input:not([type=range]):not([type=radio]):not([type=checkbox]), select, textarea'))
      return;
    const button = target.closest('button, a, summary, label');
    const acts: Record<string, () => void> = {
      ',': () => this.step(-1),
      '.': () => this.step(1),
      '+': () => this.zoom('in'),
      '=': () => this.zoom('in'),
      '-': () => this.zoom('out'),
      '0': () => this.zoom('none'),
      m: () => this.box.begin(),
      x: () => void this.crops.cut(),
      d: () => this.root.querySelector<HTMLElement>('[data-boxes] input')?.focus(),
      ...(button ? {} : { ' ': () => this.film?.play() }),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** The frame and the place that an earlier version was read from. */
  private async show(button: HTMLButtonElement): Promise<void> {
    const [x, y, w, h] = (button.dataset.region ?? '').split(',').map(Number);
    if (x === undefined || y === undefined || w === undefined || h === undefined) return;
    const region: Region = { x, y, w, h };
    this.box.set(region);
    this.view.lookAt(region);
    if (this.film && button.dataset.goto)
      await this.film.go(this.film.table.at(Number(button.dataset.goto) / 1000));
    need(this.root, '[data-viewport]').focus();
    need(this.root, '[data-viewport]').scrollIntoView({ block: 'nearest' });
  }
}
