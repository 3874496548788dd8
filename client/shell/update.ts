/** A new version waits until the person says so, and never while something is recorded. */

import { itemLock } from '../lib/protocol';
import { catalogue } from '../lib/text';
import { scriptUrl } from '../lib/trusted';
import type { App } from './app';
import { button, el } from './dom';
import { icon } from './icons';
import { tell } from './live';

const t = catalogue({
  en: {
    ready: 'A new version is ready.',
    now: 'Restart now',
    later: 'Later',
    busy: 'Something is being recorded in another window. Stop it first.',
  },
  fr: {
    ready: 'Une nouvelle version est prête.',
    now: 'Redémarrer maintenant',
    later: 'Plus tard',
    busy: 'Un enregistrement est en cours dans une autre fenêtre. Arrêtez-le d’abord.',
  },
});

let waiting: ServiceWorker | null = null;
let later = false;

export async function registerServiceWorker(app: App): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const registration = await navigator.serviceWorker.register(scriptUrl('/m/sw.js'), { scope: '/m/' });
  const look = () => {
    // Without another one at work this is the first installation: nothing to restart for. WebKit goes on naming the worker
    // that waited for a moment after it has begun to work.
    const next = registration.waiting;
    if (next?.state !== 'installed' || !registration.active || !navigator.serviceWorker.controller) return;
    waiting = next;
    if (!app.running) app.redraw();
  };
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', look);
  });
  look();
  let asked = false;
  restart = () => {
    asked = true;
    waiting?.postMessage({ type: 'take-over' });
  };
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // Another tab may have asked: then this page goes on with the code it has.
    if (asked) location.reload();
  });
}

let restart: () => void = () => undefined;

/** In any tab: the new version would take the database away from under a recording there. */
async function recordsAnywhere(): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name?.startsWith(itemLock('')));
}

/** Shown on the first screen only. */
export function offerOfRestart(app: App): HTMLElement | null {
  if (!waiting || later || app.running) return null;
  const node = el(
    'div',
    { class: 'card attention', at: { role: 'status' } },
    icon('switch'),
    el('p', {}, t('ready')),
    el(
      'div',
      { class: 'pair' },
      button(
        {
          class: 'button',
          press: () => {
            later = true;
            node.remove();
          },
        },
        t('later'),
      ),
      button(
        {
          class: 'button primary',
          press: async () => {
            if (await recordsAnywhere()) tell(t('busy'));
            else restart();
          },
        },
        t('now'),
      ),
    ),
  );
  return node;
}
