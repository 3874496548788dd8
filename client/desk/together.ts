/** Two or more observers of one event, played in step on one axis. The page works without: each film has its own controls. */
import { PLAYER, typing } from './keys';
import { beside, correction, FITS, MasterClock, on, running, type Span } from './steer';

const SPEEDS = [0.25, 0.5, 1, 2];
const FRAME = 40; // ms, at 25 a second
const PATIENCE = 10_000; // ms that all wait for one film; then the rest goes on without it

interface Piece extends Span {
  node: HTMLVideoElement | HTMLAudioElement | HTMLImageElement;
  kept: number; // start with the shift that is kept on the server
  broken: boolean;
}

interface Lane {
  number: string;
  tile: HTMLElement;
  pieces: Piece[];
  kept: number; // ms by which it was moved by eye
  moved: number; // ms as tried now
}

let root: HTMLElement;
let clock: MasterClock;
let lanes: Lane[] = [];
let heldSince = 0;
let drawn = Number.NaN; // ms: what the axis and the list show

export function together(): void {
  const found = document.querySelector<HTMLElement>('[data-together]');
  if (!found) return;
  root = found;
  clock = new MasterClock(Number(root.dataset.start), Number(root.dataset.end), () => performance.now());
  lanes = [...root.querySelectorAll<HTMLElement>('[data-lane]')].map(lane);
  root.classList.add('live');
  const master = root.querySelector<HTMLElement>('[data-master]');
  if (master) master.hidden = false;
  for (const button of root.querySelectorAll<HTMLElement>('[data-do]'))
    button.addEventListener('click', () => act(button.dataset.do ?? ''));
  for (const button of root.querySelectorAll<HTMLElement>('[data-speed]'))
    button.addEventListener('click', () => speed(Number(button.dataset.speed)));
  for (const button of root.querySelectorAll<HTMLElement>('[data-sound]'))
    button.addEventListener('click', () => listen(button.dataset.sound ?? '0'));
  for (const line of root.querySelectorAll('[data-lane-line]'))
    line.addEventListener('click', (event) => seekOnAxis(line, event as MouseEvent));
  for (const link of document.querySelectorAll<HTMLElement>('[data-to]'))
    link.addEventListener('click', (event) => {
      event.preventDefault();
      seek(Number(link.dataset.to) + tried(link.closest<HTMLElement>('[data-of]')?.dataset.of));
    });
  for (const form of document.querySelectorAll<HTMLFormElement>('[data-shift-form]')) shifting(form);
  document.addEventListener('keydown', keys);
  window.addEventListener('pagehide', remember); // played on since it was last moved
  listen('1');
  seek(remembered() ?? firstMoment());
  requestAnimationFrame(tick);
}

function lane(tile: HTMLElement): Lane {
  const kept = Number(tile.dataset.shift);
  tile.querySelector('[data-again]')?.addEventListener('click', () => location.reload());
  const pieces = [...tile.querySelectorAll<Piece['node']>('[data-piece]')].map((node) => {
    const start = Number(node.dataset.start);
    const over = node instanceof HTMLVideoElement ? 1 : 0;
    const piece: Piece = {
      node,
      start,
      kept: start,
      length: Number(node.dataset.length),
      over,
      broken: false,
    };
    node.addEventListener('error', () => {
      piece.broken = true;
    });
    if (node instanceof HTMLMediaElement) {
      node.controls = false;
      piece.broken = node.error !== null; // it may have failed before this script came
      // A film whose length nothing said runs as long as it turns out to.
      node.addEventListener('loadedmetadata', () => {
        if (Number.isFinite(node.duration)) piece.length = node.duration * 1000;
      });
    }
    return piece;
  });
  return { number: tile.dataset.lane ?? '', tile, pieces, kept, moved: kept };
}

/** Where there is first something to see. */
function firstMoment(): number {
  const starts = lanes.flatMap(({ pieces }) => pieces.map(({ start }) => start));
  return starts.length ? Math.min(...starts) : Number(root.dataset.start);
}

function tick(): void {
  if (clock.playing && clock.ended) clock.play(false);
  let waiting = false;
  for (const one of lanes) waiting = steer(one) || waiting;
  patience(waiting);
  draw();
  requestAnimationFrame(tick);
}

/** All wait for one that loads, but not for ever. */
function patience(waiting: boolean): void {
  const said = root.querySelector('[data-said]');
  if (!clock.playing || !waiting) {
    heldSince = 0;
    clock.hold(false);
    if (said?.textContent) said.textContent = '';
    return;
  }
  heldSince ||= performance.now();
  const patient = performance.now() - heldSince < PATIENCE;
  clock.hold(patient);
  if (said) said.textContent = root.dataset.waiting ?? '';
}

/** Shows what runs in a lane and keeps it in step; true while it has to load. */
function steer({ tile, pieces }: Lane): boolean {
  const at = clock.at;
  const sound = ({ node }: Piece) => node instanceof HTMLAudioElement;
  const whole = pieces.filter(({ broken }) => !broken);
  const pictures = whole.filter((piece) => !sound(piece));
  const shown = [running(pictures, at), beside(pictures, at)];
  const now = new Set(whole.filter((piece) => shown.includes(piece) || (sound(piece) && on(piece, at))));
  let waiting = false;
  for (const piece of pieces) {
    piece.node.classList.toggle('on', now.has(piece));
    if (!(piece.node instanceof HTMLMediaElement)) continue;
    if (!now.has(piece)) {
      if (!piece.node.paused) piece.node.pause();
      continue;
    }
    waiting = step(piece.node, (at - piece.start) / 1000, tile) || waiting;
  }
  const empty = tile.querySelector<HTMLElement>('[data-empty]');
  if (empty && empty.hidden !== now.size > 0) empty.hidden = now.size > 0;
  // What ran here and didn't come isn't the same as nothing.
  const lost = tile.querySelector<HTMLElement>('[data-lost]');
  const isLost = pieces.some((piece) => piece.broken && on(piece, at));
  if (lost && lost.hidden === isLost) lost.hidden = !isLost;
  if (empty && isLost) empty.hidden = true;
  return waiting;
}

function step(media: HTMLMediaElement, target: number, tile: HTMLElement): boolean {
  const drift = media.currentTime - target;
  const nearEnd = Number.isFinite(media.duration) && target > media.duration - 0.15;
  if (nearEnd && (media.ended || drift > -FITS)) return false;
  if (media.seeking) return true;
  if (!clock.playing || clock.held) {
    if (!media.paused) media.pause();
    if (Math.abs(drift) > FITS / 2) media.currentTime = target;
    return media.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !nearEnd;
  }
  if (media.paused) void media.play().catch(() => undefined); // the next turn tries again
  const to = correction(drift, clock.rate);
  if (to.jump) media.currentTime = target;
  if (media.playbackRate !== to.rate) media.playbackRate = to.rate;
  tile.dataset.off = drift.toFixed(3);
  return media.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !nearEnd;
}

function draw(): void {
  const at = clock.at;
  const out = root.querySelector('[data-clock]');
  const words = wall(at);
  if (out && out.textContent !== words) out.textContent = words;
  const start = Number(root.dataset.start);
  const share = `${(((at - start) / (Number(root.dataset.end) - start)) * 100).toFixed(3)}%`;
  for (const head of root.querySelectorAll('[data-now]')) {
    head.setAttribute('x1', share);
    head.setAttribute('x2', share);
  }
  const play = root.querySelector('[data-do="play"]');
  if (play && play.getAttribute('aria-pressed') !== String(clock.playing))
    play.setAttribute('aria-pressed', String(clock.playing));
  if (at !== drawn) follow(at);
  drawn = at;
}

/** Marks the last entry of each lane that was tapped by now. */
function follow(at: number): void {
  const last = new Map<string, Element>();
  for (const line of document.querySelectorAll<HTMLElement>('[data-moment]')) {
    const of = line.dataset.of ?? '';
    if (Number(line.dataset.moment) + tried(of) <= at + FRAME) last.set(of, line);
  }
  const now = new Set(last.values());
  for (const line of document.querySelectorAll('.line > li'))
    if (line.classList.contains('now') !== now.has(line)) line.classList.toggle('now', now.has(line));
}

/** ms by which a lane is tried elsewhere than where the server has it. */
function tried(number: string | undefined): number {
  const one = lanes.find((candidate) => candidate.number === number);
  return one ? one.moved - one.kept : 0;
}

function wall(ms: number): string {
  const zone = document.documentElement.dataset.zone;
  const tenth = Math.floor((ms % 1000) / 100);
  const date = root.querySelector('[data-days]') ? ({ day: 'numeric', month: '2-digit' } as const) : {};
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', ...date } as const;
  return `${new Intl.DateTimeFormat('fr-FR', { ...time, ...(zone ? { timeZone: zone } : {}) }).format(ms)}.${tenth}`;
}

function seek(at: number): void {
  clock.seek(at);
  remember();
}

/** Where it stands, so that keeping a shift or a verdict leads back to it. */
function remember(): void {
  try {
    sessionStorage.setItem(`at:${location.pathname}`, String(Math.round(clock.at)));
  } catch {
    // A browser that keeps nothing begins at the beginning.
  }
}

function remembered(): number | undefined {
  try {
    const kept = Number(sessionStorage.getItem(`at:${location.pathname}`));
    return kept > Number(root.dataset.start) && kept < Number(root.dataset.end) ? kept : undefined;
  } catch {
    return undefined;
  }
}

function seekOnAxis(line: Element, event: MouseEvent): void {
  const box = line.getBoundingClientRect();
  const start = Number(root.dataset.start);
  seek(start + ((event.clientX - box.left) / box.width) * (Number(root.dataset.end) - start));
}

function act(what: string): void {
  if (what === 'play') clock.play(!clock.playing);
  if (what === 'back') seek(clock.at - 5000);
  if (what === 'next') seek(clock.at + 5000);
  if (what === 'frame-back' || what === 'frame-next') {
    clock.play(false);
    seek(clock.at + (what === 'frame-next' ? FRAME : -FRAME));
  }
  if (what === 'slower' || what === 'faster')
    speed(SPEEDS[SPEEDS.indexOf(clock.rate) + (what === 'faster' ? 1 : -1)] ?? clock.rate);
}

function speed(rate: number): void {
  clock.setRate(rate);
  press('[data-speed]', (button) => Number(button.dataset.speed) === rate);
}

/** One lane is heard at a time: two of one scene are an echo. */
function listen(number: string): void {
  for (const one of lanes)
    for (const { node } of one.pieces)
      if (node instanceof HTMLMediaElement) node.muted = one.number !== number;
  press('[data-sound]', (button) => button.dataset.sound === number);
}

function press(selector: string, is: (button: HTMLElement) => boolean): void {
  for (const button of root.querySelectorAll<HTMLElement>(selector))
    button.setAttribute('aria-pressed', String(is(button)));
}

/** Trying a lane elsewhere: seen at once, kept only by the form. */
function shifting(form: HTMLFormElement): void {
  const one = lanes.find(({ number }) => number === form.dataset.shiftForm);
  const field = form.querySelector<HTMLInputElement>('input[name="ms"]');
  if (!one || !field) return;
  const line = root.querySelector<SVGSVGElement>(`[data-lane-line="${one.number}"]`);
  const move = () => {
    const ms = Number(field.value);
    if (!Number.isFinite(ms)) return;
    one.moved = ms;
    drawn = Number.NaN;
    for (const piece of one.pieces) piece.start = piece.kept + one.moved - one.kept;
    const width = line?.getBoundingClientRect().width ?? 0;
    const px = ((one.moved - one.kept) / (Number(root.dataset.end) - Number(root.dataset.start))) * width;
    line?.querySelector('[data-moves]')?.setAttribute('transform', `translate(${px.toFixed(2)} 0)`);
  };
  field.addEventListener('input', move);
  for (const button of form.querySelectorAll<HTMLButtonElement>('[data-nudge]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      field.value = String(Number(field.value) + Number(button.dataset.nudge));
      move();
    });
  }
}

function keys(event: KeyboardEvent): void {
  const what = PLAYER[event.key];
  const { target } = event;
  if (!what || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(target)) return;
  if (target instanceof Element && target.closest('button, a, summary, video, audio, .table-box')) return;
  event.preventDefault();
  act(what);
}
