/** Film and sound: one tap from the first screen and it runs. Stops cleanly, says so, and goes on as a new item. */
import { actionRow, tileGrid } from '../journal/tiles';
import { reference } from '../lib/ids';
import { elapsed, time } from '../lib/text';
import type { App, Screen } from '../shell/app';
import { button, el, fill } from '../shell/dom';
import { icon } from '../shell/icons';
import { attempt, feel, tell, trouble, warn } from '../shell/live';
import { CameraError, closeStream, openStream, watchStream } from './camera';
import { cover } from './cover';
import { minutesOfFilm, recordingType } from './formats';
import { keepStill } from './keep';
import { Lens } from './lens';
import { type Ended, Running } from './recording';
import { t } from './recordwords';
import { refusalWords } from './refusal';
import { takeStill } from './still';

const REOPEN = [0, 700, 2000, 5000];

export function record(kind: 'film' | 'sound'): (app: App) => Screen {
  return (app) => {
    const session = new Session(app, kind);
    void session.start();
    return { node: session.node, leave: () => session.leave() };
  };
}

class Session {
  readonly node: HTMLElement;
  readonly #app: App;
  readonly #kind: 'film' | 'sound';
  readonly #lens: Lens | null;
  readonly #said = el('div', { class: 'view-said', at: { role: 'alert' } });
  readonly #clock = el('span', { class: 'rec-time figures' });
  readonly #mark = el('span', { class: 'rec-mark off', at: { role: 'img', 'aria-label': t('recording') } });
  readonly #ref = el('strong', { class: 'figures' });
  readonly #room = el('small', { class: 'muted figures' });
  readonly #stop: HTMLButtonElement;
  /** The way out while nothing is recorded; keeps its place. */
  readonly #away: HTMLButtonElement;
  readonly #stillButton: HTMLButtonElement | null;
  readonly #timer: ReturnType<typeof setInterval>;
  #sound: MediaStream | null = null;
  #unwatch = () => {};
  #left = false;
  #starting = false;
  /** Ended by the phone: reopened when that is possible. */
  #wantsBack = false;

  constructor(app: App, kind: 'film' | 'sound') {
    this.#app = app;
    this.#kind = kind;
    this.#lens = kind === 'film' ? new Lens(app.prefs.height, () => void this.#switch()) : null;
    this.#stop = button(
      { class: 'shutter stop', name: t('stop'), press: () => this.#pressed() },
      icon('stop'),
    );
    this.#away = button(
      { class: 'icon-button leave', name: t('home'), press: () => app.go('home') },
      icon('close'),
    );
    this.#stillButton = this.#lens
      ? button({ class: 'zoom still', press: () => this.#still() }, icon('photo'), el('span', {}, t('still')))
      : null;
    this.node = this.#build();
    this.#timer = setInterval(() => this.#tick(), 250);
    document.addEventListener('visibilitychange', this.#visible);
  }

  #build(): HTMLElement {
    const app = this.#app;
    const lens = this.#lens;
    return el(
      'main',
      { class: `screen capture ${this.#kind}` },
      el(
        'header',
        { class: 'bar' },
        this.#mark,
        this.#clock,
        el('h1', { class: 'unseen', at: { tabindex: -1 } }, t(this.#kind)),
        el('span', { class: 'grow' }, this.#ref),
        this.#room,
        lens?.switcher,
        this.#away,
      ),
      el(
        'div',
        { class: 'stage' },
        lens?.video ?? el('div', { class: 'view quiet' }, icon('sound')),
        this.#said,
        lens && el('div', { class: 'stage-foot' }, lens.zooms, this.#stillButton),
      ),
      actionRow(app),
      tileGrid(app),
      el(
        'div',
        { class: 'grip' },
        button({ class: 'side-act', press: () => cover(app) }, icon('cover'), el('span', {}, t('cover'))),
        this.#stop,
        el('span', { class: 'side-act' }),
      ),
    );
  }

  /** Never two at once: a second camera would take the first one's picture away. */
  async start(quiet = false): Promise<boolean> {
    if (this.#starting || this.#app.running?.running) return false;
    this.#starting = true;
    try {
      return await this.#open(quiet);
    } finally {
      this.#starting = false;
    }
  }

  async #open(quiet: boolean): Promise<boolean> {
    const app = this.#app;
    if (!quiet) fill(this.#said, t(this.#kind === 'film' ? 'opening' : 'openingSound'));
    const mime =
      typeof MediaRecorder === 'undefined'
        ? null
        : recordingType(
            this.#kind,
            (type) => MediaRecorder.isTypeSupported(type),
            navigator.hardwareConcurrency,
          );
    if (!mime) {
      this.#offer(t('unsupported'), false);
      return false;
    }
    try {
      const stream = this.#lens
        ? await this.#lens.open('film')
        : await openStream('sound', app.prefs.height, 'environment');
      this.#sound = this.#lens ? null : stream;
      if (this.#left || document.hidden) {
        this.#release();
        this.#wantsBack = !this.#left;
        return false;
      }
      const source = { stream, kind: this.#kind, mime, camera: this.#lens?.facing ?? null };
      app.running = new Running(app.depot, app.journal, source, (end) => this.#ended(end));
      this.#unwatch = watchStream(
        stream,
        this.#lens?.video ?? null,
        (why) => void app.running?.end('phone', why),
      );
    } catch (error) {
      if (!quiet) this.#offer(error instanceof CameraError ? refusalWords(error) : t('unsupported'), true);
      return false;
    }
    if (!quiet) fill(this.#said);
    app.wake.on();
    this.#wantsBack = false;
    feel();
    this.#tick();
    return true;
  }

  /** Once for each item, whatever ended it. The camera is given back at once: the phone may want it. */
  #ended(end: Ended): void {
    const { why } = end;
    if (why === null) return;
    const sentence = t(end.failed && why !== 'space' ? 'broken' : why, { at: time(end.at, true) });
    warn(end.failed || why === 'space' ? sentence : `${sentence} ${t('kept')}`);
    this.#release();
    this.#offer(sentence, true);
    // Where storage gave up, trying again by itself would only fail again.
    this.#wantsBack = !end.failed && why !== 'space';
    if (this.#wantsBack && !document.hidden) void this.#comeBack();
  }

  readonly #visible = () => {
    if (!document.hidden && this.#wantsBack) void this.#comeBack();
  };

  /** Tries a few times: after a call the camera takes a moment. */
  async #comeBack(): Promise<void> {
    for (const wait of REOPEN) {
      await new Promise((done) => setTimeout(done, wait));
      if (this.#left || !this.#wantsBack || document.hidden) return;
      if (await this.start(true)) {
        this.#offer(null, false);
        tell(t('anew'));
        return;
      }
    }
  }

  #offer(sentence: string | null, again: boolean): void {
    fill(
      this.#said,
      sentence && el('p', {}, sentence),
      again && button({ class: 'button', press: () => this.start() }, t('again')),
      sentence && button({ class: 'button', press: () => this.#app.go('home') }, t('home')),
    );
  }

  async #pressed(): Promise<void> {
    const running = this.#app.running;
    this.#wantsBack = false;
    if (!running?.running) {
      this.#app.go('home');
      return;
    }
    feel();
    const length = elapsed(running.elapsed);
    const end = await running.end('stop');
    this.#release();
    if (end.failed) trouble(null);
    else tell(t('sealed', { kind: t(this.#kind), length }));
    this.#app.go('home');
  }

  async #switch(): Promise<void> {
    await this.#app.running?.end('stop');
    this.#release();
    await this.start();
  }

  async #still(): Promise<void> {
    const lens = this.#lens;
    const stream = lens?.stream;
    if (!lens || !stream) return;
    feel();
    await attempt(async () => {
      const still = await takeStill(stream, lens.video, true);
      await keepStill(this.#app.depot, this.#app.journal, still, lens.facing);
    }, t('stillSealed'));
  }

  #release(): void {
    this.#unwatch();
    this.#app.running = null;
    this.#app.wake.off();
    this.#lens?.close();
    closeStream(this.#sound);
    this.#sound = null;
    this.#tick();
  }

  #tick(): void {
    const running = this.#app.running?.running ? this.#app.running : null;
    this.#mark.classList.toggle('off', !running);
    this.#clock.classList.toggle('idle', !running);
    this.#clock.textContent = running ? elapsed(running.elapsed) : t('idle');
    this.#stop.disabled = !running;
    this.#away.disabled = running !== null;
    if (this.#stillButton) this.#stillButton.hidden = !running;
    const open = this.#app.journal.open;
    this.#ref.textContent = open ? reference(open.id) : '';
    if (this.#kind === 'film' && Math.floor((running?.elapsed ?? 0) / 250) % 20 === 0) void this.#drawRoom();
  }

  /** Only when it matters: under an hour. */
  async #drawRoom(): Promise<void> {
    const minutes = minutesOfFilm((await this.#app.depot.space()).free);
    this.#room.textContent = minutes !== null && minutes < 60 ? t('minutes', { n: minutes }) : '';
  }

  leave(): void {
    this.#left = true;
    this.#wantsBack = false;
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#visible);
    const running = this.#app.running;
    void running?.end('stop');
    this.#release();
  }
}
