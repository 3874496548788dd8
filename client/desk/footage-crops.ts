/** Cutting on the server, and the crops that a reading can name as its evidence. */
import { need, type Say, stamp } from './footage-words';
import type { Region } from './region';

interface Cut {
  crop: string;
  address: string;
  ms: number | null;
  region: Region;
}

export class Crops {
  private busy: Promise<boolean> | null = null;

  private readonly root: HTMLElement;
  private readonly say: Say;
  private readonly speak: (text: string) => void;
  /** What would be cut now; null where nothing is marked. */
  private readonly wanted: () => { region: Region; tick: number | null } | null;

  constructor(
    root: HTMLElement,
    say: Say,
    speak: (text: string) => void,
    wanted: () => { region: Region; tick: number | null } | null,
  ) {
    this.root = root;
    this.say = say;
    this.speak = speak;
    this.wanted = wanted;
    need(root, '[data-cut]').addEventListener('click', () => void this.cut());
    const form = root.querySelector<HTMLFormElement>('[data-reading]');
    form?.addEventListener('submit', (event) => {
      if (this.chosen) return;
      event.preventDefault();
      if (!this.wanted()) this.problem(this.say('markFirst'));
      else void this.cut().then((done) => done && form.requestSubmit());
    });
  }

  private get chosen(): boolean {
    return this.root.querySelector('[name="crop"]:checked') !== null;
  }

  /** Cuts what is marked; one at a time. False where nothing came of it, which has been said. */
  cut(): Promise<boolean> {
    this.busy ??= this.ask().finally(() => {
      this.busy = null;
    });
    return this.busy;
  }

  private async ask(): Promise<boolean> {
    const wanted = this.wanted();
    if (!wanted) {
      this.problem(this.say('markFirst'));
      return false;
    }
    this.problem('');
    this.speak(this.say('cutting'));
    this.root.classList.add('cutting');
    try {
      const answer = await fetch(this.root.dataset.cut ?? '', {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Accept: 'application/json',
          'X-CSRFToken': this.root.dataset.csrf ?? '',
        },
        body: JSON.stringify(wanted),
      });
      const said = (await answer.json().catch(() => ({}))) as Partial<Cut> & { error?: string };
      if (!answer.ok || !said.crop || !said.address || !said.region) {
        this.problem(typeof said.error === 'string' ? said.error : this.say('failed'));
        return false;
      }
      this.add(said as Cut);
      this.speak(this.say('cutDone'));
      return true;
    } catch {
      this.problem(this.say('failed'));
      return false;
    } finally {
      this.root.classList.remove('cutting');
    }
  }

  private add({ crop, address, ms, region }: Cut): void {
    const label = document.createElement('label');
    const choice = document.createElement('input');
    const image = document.createElement('img');
    const moment = document.createElement('span');
    label.className = 'crop';
    Object.assign(choice, { type: 'radio', name: 'crop', value: crop, checked: true });
    Object.assign(image, { src: address, alt: this.say('crop') });
    moment.className = 'mono';
    moment.textContent = ms === null ? `${region.w} × ${region.h}` : stamp(ms / 1000);
    label.append(choice, image, moment);
    this.root.querySelector('[data-crops]')?.prepend(label);
    const none = this.root.querySelector<HTMLElement>('[data-no-crop]');
    if (none) none.hidden = true;
    choice.dispatchEvent(new Event('change', { bubbles: true }));
  }

  private problem(text: string): void {
    const node = need(this.root, '[data-cut-problem]');
    node.textContent = text;
    node.hidden = text === '';
  }
}
