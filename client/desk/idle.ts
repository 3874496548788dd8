/**
 * A session ends after so many idle minutes. Who is there, by a key, a touch or a film that plays, is not idle; who is not
 * is warned two minutes before, and then the page gives way to the login, so that nothing stays on the screen.
 */
import { keepAll } from './drafts';
import { post } from './post';

const WARN = 120; // seconds before the end
const LOGIN = '/desk/login';
let active = false;
let timer: ReturnType<typeof setTimeout>;

export function idle(): void {
  const whole = Number(document.body.dataset.idle ?? 0);
  const panel = document.getElementById('idle');
  if (!whole || !panel) return;
  for (const name of ['keydown', 'pointerdown', 'wheel'] as const)
    document.addEventListener(name, () => {
      active = true;
    });
  panel.querySelector('button')?.addEventListener('click', () => void goOn(panel));
  plan(whole, panel);
}

/** Look again when the warning is due, or, once that has passed, when the end is. */
function plan(left: number, panel: HTMLElement): void {
  clearTimeout(timer);
  const wait = left > WARN ? left - WARN : left;
  timer = setTimeout(() => void look(panel), Math.max(1, wait) * 1000);
}

async function look(panel: HTMLElement): Promise<void> {
  const playing = [...document.querySelectorAll('video, audio')].some(
    (media) => media instanceof HTMLMediaElement && !media.paused,
  );
  if (active || playing) return goOn(panel);
  const left = await ask();
  if (left === 0) return leave();
  if (left !== null && left > WARN) panel.hidden = true;
  else show(panel, left ?? WARN);
  // Without an answer the line is down: nobody can be logged out by it, and the server ends the session by itself.
  plan(left ?? WARN, panel);
}

function show(panel: HTMLElement, left: number): void {
  if (!panel.hidden) return;
  const at = panel.querySelector('[data-at]');
  const zone = document.documentElement.dataset.zone;
  if (at)
    at.textContent = new Intl.DateTimeFormat('fr-FR', {
      timeStyle: 'short',
      ...(zone ? { timeZone: zone } : {}),
    }).format(Date.now() + left * 1000);
  panel.hidden = false;
  void keepAll();
}

async function goOn(panel: HTMLElement): Promise<void> {
  active = false;
  const answer = await post<{ left: number }>('/desk/idle');
  panel.hidden = true;
  if (answer) plan(answer.left, panel);
  else if ((await ask()) === 0) leave();
  else plan(WARN, panel);
}

/** Seconds left; 0 once the session is over; null where the server can't be reached. */
async function ask(): Promise<number | null> {
  try {
    const response = await fetch('/desk/idle', { headers: { Accept: 'application/json' } });
    if (response.status === 401) return 0;
    return response.ok ? ((await response.json()) as { left: number }).left : null;
  } catch {
    return null;
  }
}

function leave(): void {
  location.replace(`${LOGIN}?next=${encodeURIComponent(location.pathname)}`);
}
