/** The phone app: checks that it can work here at all, opens the core, and shows the first screen. */

import { importScreen } from './capture/importscreen';
import { photo } from './capture/photo';
import { record } from './capture/record';
import { Wake } from './capture/wake';
import { Journal } from './journal/journal';
import { observation } from './journal/observation';
import { openStore } from './journal/store';
import { openDepot, openEnrolment, openOutbox, openVault } from './lib/index';
import type { App } from './shell/app';
import { earlier } from './shell/earlier';
import { enrol } from './shell/enrol';
import { help } from './shell/help';
import { home } from './shell/home';
import { listenForInstall } from './shell/install';
import { secretIn } from './shell/invitation';
import { mountLive, trouble } from './shell/live';
import { panelsOpen } from './shell/panel';
import { play } from './shell/play';
import { servePlayback } from './shell/playback';
import { applyPrefs, readPrefs, writePrefs } from './shell/prefs';
import { ready } from './shell/ready';
import { recovered } from './shell/recovered';
import { rights } from './shell/rights';
import { startRouter } from './shell/router';
import { settings } from './shell/settings';
import { sync } from './shell/sync';
import { registerServiceWorker } from './shell/update';
import { vault } from './shell/vault';

const MINUTE = 60_000;

async function start(): Promise<void> {
  applyPrefs(readPrefs());
  listenForInstall();
  // A failure that nobody handled must not pass for success.
  window.addEventListener('unhandledrejection', ({ reason }) => trouble(reason));
  const root = document.getElementById('app');
  if (!root) throw new Error('no place for the app in this page');
  mountLive(document.body);
  // Out of the address at once: it must not stay in the history.
  const invitation = secretIn(location.href);
  if (invitation) history.replaceState(null, '', location.pathname);

  const [depot, outbox, enrolment, vaultDoor, store] = await Promise.all([
    openDepot(),
    openOutbox(),
    openEnrolment(),
    openVault(),
    openStore(),
  ]);
  const journal = new Journal(depot, store, () => enrolment.clock());
  const app: App = {
    depot,
    outbox,
    enrolment,
    vault: vaultDoor,
    journal,
    wake: new Wake(),
    running: null,
    enrolled: await enrolment.current(),
    invitation,
    prefs: readPrefs(),
    setPrefs: (change) => {
      app.prefs = writePrefs(change);
    },
    go: () => undefined,
    redraw: () => undefined,
  };
  journal.keepAwakeWhile(() => app.running !== null);
  const cut = await depot.recover();
  await journal.resume();
  servePlayback(vaultDoor);

  startRouter(
    app,
    root,
    {
      home,
      photo,
      film: record('film'),
      sound: record('sound'),
      import: importScreen,
      observation,
      earlier,
      sync,
      settings,
      ready,
      help,
      rights,
      vault,
      play,
      enrol,
    },
    () => (app.enrolled === null || (app.enrolled.revoked && app.invitation) ? 'enrol' : ''),
  );
  if (cut.length > 0) recovered(cut);

  outbox.kick();
  const look = async () => {
    const before = app.enrolled;
    const enrolled = await enrolment.refresh();
    if (!enrolled) return;
    app.enrolled = enrolled;
    const changed = before?.revoked !== enrolled.revoked || before?.practice !== enrolled.practice;
    if (changed && !app.running && !panelsOpen()) app.redraw();
  };
  void look().catch(() => undefined);
  window.addEventListener('online', () => {
    outbox.kick();
    void look().catch(() => undefined);
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    outbox.kick();
    void journal.rest().catch(trouble);
  });
  // Leaving while something is recorded takes two acts.
  window.addEventListener('beforeunload', (event) => app.running && event.preventDefault());
  setInterval(() => void journal.rest().catch(trouble), MINUTE);
  await registerServiceWorker(app);
}

// A page that only half works would be believed: elsewhere there is an explanation and nothing more.
if (!window.isSecureContext) location.replace('/m/insecure');
else if (!('indexedDB' in window) || !crypto.subtle || !('serviceWorker' in navigator))
  location.replace('/m/old');
else start().catch(trouble);
