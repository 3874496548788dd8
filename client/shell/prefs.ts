/** Preferences of this phone. They hold no content and nothing about anybody: the only thing kept in localStorage. */

import { language } from '../lib/text';

export interface Prefs {
  hand: 'right' | 'left';
  theme: 'dark' | 'light';
  height: 1080 | 720;
  /** Get ready has been gone through once. */
  ready: boolean;
}

const KEY = 'prefs';

export function readPrefs(): Prefs {
  let kept: Partial<Prefs> = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>;
  } catch {
    // Storage refused or damaged: the defaults serve.
  }
  return {
    hand: kept.hand === 'left' ? 'left' : 'right',
    theme: kept.theme === 'light' ? 'light' : 'dark',
    height: kept.height === 720 ? 720 : 1080,
    ready: kept.ready === true,
  };
}

export function writePrefs(change: Partial<Prefs>): Prefs {
  const next = { ...readPrefs(), ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Kept for this visit only.
  }
  applyPrefs(next);
  return next;
}

export function applyPrefs(prefs: Prefs): void {
  const root = document.documentElement;
  root.lang = language();
  root.dataset.hand = prefs.hand;
  root.dataset.theme = prefs.theme;
  document
    .querySelector('meta[name="theme-color"]')
    ?.setAttribute('content', prefs.theme === 'light' ? '#FBFAF7' : '#0B0D0E');
}
