/** Film and sound: frame steps, speeds, the place on the time line, and from a line to its moment. */
import { type FramesSaid, FrameTable } from './footage-frames';
import { Steps } from './footage-steps';
import { cannotShow } from './photos';

const SPEEDS = [0.25, 0.5, 1, 2];
const FRAME = 1 / 30; // until frames have been seen to pass

interface Player {
  media: HTMLMediaElement;
  section: HTMLElement;
  frame: number;
  /** Asked for with the first step: the server reads the whole film for it. */
  exact?: Promise<Exact | null>;
  /** The frame that a step under way goes to. */
  aim?: number | undefined;
}

interface Exact {
  table: FrameTable;
  steps: Steps;
}

const all: Player[] = [];
let current: Player | undefined;

export function players(): void {
  for (const media of document.querySelectorAll<HTMLMediaElement>('[data-player]')) {
    const section = media.closest<HTMLElement>('.medium');
    if (section) set(media, section);
  }
  const stage = document.querySelector('[data-stage]');
  const first = stage?.querySelector<HTMLElement>('.medium');
  if (stage && first) {
    stage.classList.add('one');
    choose(first);
  }
  for (const link of document.querySelectorAll<HTMLElement>('[data-show]'))
    link.addEventListener('click', (event) => {
      event.preventDefault();
      show(link.dataset.show ?? '', link.dataset.seek);
    });
}

function set(media: HTMLMediaElement, section: HTMLElement): void {
  const player: Player = { media, section, frame: FRAME };
  all.push(player);
  const controls = section.querySelector<HTMLElement>('[data-controls]');
  if (controls) controls.hidden = false;
  if (media.error) void cannotShow(media);
  media.addEventListener('error', () => void cannotShow(media));
  media.addEventListener('play', () => {
    current = player;
    for (const other of all) if (other !== player) other.media.pause();
  });
  for (const name of ['timeupdate', 'seeked', 'loadedmetadata'] as const)
    media.addEventListener(name, () => draw(player));
  media.addEventListener('ratechange', () => pressSpeed(player));
  for (const button of section.querySelectorAll<HTMLButtonElement>('[data-do]'))
    button.addEventListener('click', () => act(player, button.dataset.do ?? ''));
  for (const button of section.querySelectorAll<HTMLButtonElement>('[data-rate]'))
    button.addEventListener('click', () => {
      media.playbackRate = Number(button.dataset.rate);
    });
  section.querySelector('[data-track]')?.addEventListener('click', (event) => {
    const track = event.currentTarget as Element;
    const box = track.getBoundingClientRect();
    seek(player, (((event as MouseEvent).clientX - box.left) / box.width) * length(player));
  });
  readFrom(player);
  if (media instanceof HTMLVideoElement) learnFrame(player, media);
}

/** Frames of one film come at one distance; the shortest seen is it. Not every browser says when a frame is shown. */
function learnFrame(player: Player, video: HTMLVideoElement): void {
  if (!('requestVideoFrameCallback' in video)) return;
  let before = -1;
  let shortest = 1;
  const seen = (_now: number, frame: VideoFrameCallbackMetadata) => {
    const step = frame.mediaTime - before;
    if (before >= 0 && step > 0.005 && step < shortest) {
      shortest = step;
      player.frame = step;
    }
    before = frame.mediaTime;
    draw(player);
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
}

/** Seconds. A film that was cut has no duration until its end has been read; the server's figure serves until then. */
function length({ media, section }: Player): number {
  if (Number.isFinite(media.duration)) return media.duration;
  return Number(section.querySelector<HTMLElement>('[data-track]')?.dataset.length ?? 0) / 1000;
}

function draw(player: Player): void {
  const { media, section } = player;
  const out = section.querySelector('[data-position]');
  if (out) out.textContent = stamp(media.currentTime);
  const wall = section.querySelector<HTMLElement>('[data-wall]');
  if (wall) wall.textContent = clock(Number(wall.dataset.wall) + media.currentTime * 1000);
  const whole = length(player);
  if (whole > 0)
    section.querySelector('[data-head]')?.setAttribute('x', String((media.currentTime / whole) * 998));
  follow(player);
}

/** Marks the line of the time line that is now. */
function follow({ media, section }: Player): void {
  const number = section.dataset.medium;
  let now: Element | null = null;
  for (const link of document.querySelectorAll<HTMLElement>(`[data-seek][data-show="${number}"]`))
    if (Number(link.dataset.seek) <= media.currentTime * 1000 + 50) now = link.closest('li');
  for (const line of document.querySelectorAll('.line > li.now'))
    if (line !== now) line.classList.remove('now');
  now?.classList.add('now');
}

function stamp(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - minutes * 60).toFixed(2).padStart(5, '0')}`;
}

/** The wall clock of a moment, in the desk's zone as the page says it. */
function clock(ms: number): string {
  const zone = document.documentElement.dataset.zone;
  return new Intl.DateTimeFormat('fr-FR', {
    timeStyle: 'medium',
    ...(zone ? { timeZone: zone } : {}),
  }).format(ms);
}

function pressSpeed({ media, section }: Player): void {
  for (const button of section.querySelectorAll<HTMLButtonElement>('[data-rate]'))
    button.setAttribute('aria-pressed', String(Number(button.dataset.rate) === media.playbackRate));
}

function seek({ media }: Player, seconds: number): void {
  media.currentTime = Math.max(0, seconds);
}

function act(player: Player, what: string): void {
  const { media } = player;
  current = player;
  if (what === 'back') seek(player, media.currentTime - 5);
  if (what === 'next') seek(player, media.currentTime + 5);
  if (what === 'frame-back' || what === 'frame-next') {
    media.pause();
    void step(player, what === 'frame-next' ? 1 : -1);
  }
  if (what === 'play') void (media.paused ? media.play() : media.pause());
  if (what === 'slower' || what === 'faster') {
    const at = SPEEDS.indexOf(media.playbackRate) + (what === 'faster' ? 1 : -1);
    media.playbackRate = SPEEDS[at] ?? media.playbackRate;
  }
}

/** To the next frame or the one before, by the film's own time stamps; by the usual distance where they can't be had. */
async function step(player: Player, by: number): Promise<void> {
  player.exact ??= exactly(player);
  const exact = await player.exact;
  if (!exact) {
    seek(player, player.media.currentTime + by * player.frame);
    return;
  }
  const { table, steps } = exact;
  const aim = table.within((player.aim ?? table.at(player.media.currentTime)) + by);
  player.aim = aim;
  await steps.go(aim);
  if (player.aim === aim) player.aim = undefined;
}

async function exactly({ media, section }: Player): Promise<Exact | null> {
  const { frames, converted } = section.dataset;
  if (!frames || !(media instanceof HTMLVideoElement)) return null;
  try {
    const answer = await fetch(frames, { headers: { Accept: 'application/json' } });
    if (!answer.ok) return null;
    const table = new FrameTable((await answer.json()) as FramesSaid);
    return { table, steps: new Steps(media, table, converted === 'yes') };
  } catch {
    return null;
  }
}

/** The page for reading a number begins at the moment that is shown here. */
function readFrom({ media, section }: Player): void {
  for (const link of section.querySelectorAll<HTMLAnchorElement>('[data-read]'))
    link.addEventListener('click', () => {
      link.hash = `at=${Math.round(media.currentTime * 1000)}`;
    });
}

/** One medium at a time; what was playing stops. */
function choose(section: HTMLElement): void {
  for (const other of document.querySelectorAll('.medium'))
    other.classList.toggle('shown', other === section);
  for (const link of document.querySelectorAll<HTMLElement>('.strip [data-show]'))
    if (link.dataset.show === section.dataset.medium) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  const player = all.find((one) => one.section === section);
  if (player !== current) current?.media.pause();
  current = player;
}

function show(number: string, ms: string | undefined): void {
  const section = document.querySelector<HTMLElement>(`.medium[data-medium="${CSS.escape(number)}"]`);
  if (!section) return;
  choose(section);
  section.scrollIntoView({ block: 'nearest' });
  const player = current;
  if (!player) return;
  if (ms !== undefined) seek(player, Number(ms) / 1000);
}

/** An act on the player in use; false where there is none. */
export function onPlayer(what: string): boolean {
  if (!current) return false;
  act(current, what);
  return true;
}
