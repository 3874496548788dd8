/** The desk's scripts. Every page works without them; they add the keyboard, the player and what only a browser can do. */
import { enter } from './desk/enter';
import { keyboard } from './desk/keyboard';
import { photos } from './desk/photos';
import { players } from './desk/player';

enter();
keyboard();
photos();
players();
if (document.querySelector('[data-map]')) void import('./desk/map').then(({ map }) => map());
if (document.querySelector('[data-custody]')) void import('./desk/custody').then(({ custody }) => custody());
if (document.querySelector('[data-together]'))
  void import('./desk/together').then(({ together }) => together());
if (document.querySelector('[data-sheet], [data-print]'))
  void import('./desk/incident').then(({ incidentSheet }) => incidentSheet());
const reading = document.querySelector<HTMLElement>('[data-footage]');
if (reading) void import('./desk/footage').then(({ footage }) => footage(reading));
