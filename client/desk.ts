/** The desk's scripts. Every page works without them; they add the keyboard, the player and what only a browser can do. */
import { drafts } from './desk/drafts';
import { enter } from './desk/enter';
import { idle } from './desk/idle';
import { incidentSheet } from './desk/incident';
import { keepsakes } from './desk/keepsake';
import { keyboard } from './desk/keyboard';
import { photos } from './desk/photos';
import { players } from './desk/player';

incidentSheet(); // before drafts: it makes room for the rows that come back
drafts();
enter();
idle();
keepsakes();
keyboard();
photos();
players();
if (document.querySelector('[data-map]')) void import('./desk/map').then(({ map }) => map());
if (document.querySelector('[data-custody]')) void import('./desk/custody').then(({ custody }) => custody());
if (document.querySelector('[data-together]'))
  void import('./desk/together').then(({ together }) => together());
const reading = document.querySelector<HTMLElement>('[data-footage]');
if (reading) void import('./desk/footage').then(({ footage }) => footage(reading));
if (document.querySelector('[data-passkey]'))
  void import('./desk/passkey').then(({ passkeys }) => passkeys());
