/** Screens by the fragment of the address, so that the phone's back button works and nothing is asked of the server. */
import type { App, Maker, Screen } from './app';
import { trouble } from './live';
import { closePanels } from './panel';

export function startRouter(
  app: App,
  root: HTMLElement,
  screens: Record<string, Maker>,
  first: () => string,
): void {
  let open: Screen | null = null;
  let turn = 0;
  const show = async () => {
    turn += 1;
    const mine = turn;
    const [name = '', ...rest] = location.hash.replace(/^#\/?/, '').split('/');
    const wanted = first() || name || 'home';
    const maker = screens[wanted] ?? screens.home;
    closePanels();
    open?.leave?.();
    open = null;
    try {
      const screen = await (maker as Maker)(app, wanted === name ? rest : []);
      if (mine !== turn) {
        screen.leave?.();
        return;
      }
      open = screen;
      root.replaceChildren(screen.node);
      root.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    } catch (error) {
      trouble(error);
    }
  };
  app.go = (path) => {
    if (location.hash === `#/${path}`) void show();
    else location.hash = `#/${path}`;
  };
  app.redraw = () => void show();
  window.addEventListener('hashchange', () => void show());
  void show();
}
