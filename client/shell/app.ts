/** What every screen is given. Screens talk to the core through these doors and nothing else. */
import type { Running } from '../capture/recording';
import type { Wake } from '../capture/wake';
import type { Journal } from '../journal/journal';
import type { Depot, Enrolled, Enrolment, Outbox, Vault } from '../lib/contracts';
import type { Prefs } from './prefs';

export interface App {
  readonly depot: Depot;
  readonly outbox: Outbox;
  readonly enrolment: Enrolment;
  readonly vault: Vault;
  readonly journal: Journal;
  readonly wake: Wake;
  /** The film or sound being recorded, if any. One at a time. */
  running: Running | null;
  enrolled: Enrolled | null;
  /** An invitation that came with the address, until it is redeemed. In memory only. */
  invitation: string | null;
  prefs: Prefs;
  setPrefs(change: Partial<Prefs>): void;
  go(path: string): void;
  /** Draws the screen that is open again: language or hand changed. */
  redraw(): void;
}

export interface Screen {
  node: HTMLElement;
  /** Called once when another screen takes its place. */
  leave?: () => void;
}

export type Maker = (app: App, rest: string[]) => Screen | Promise<Screen>;
