/** Where the app is being looked at, and how to install it from there. */
import { catalogue } from '../lib/text';
import { button, type Child, el } from './dom';
import { paragraph } from './frame';

export type Situation =
  /** Opened from the home screen. */
  | 'installed'
  /** Inside another app: storage there may vanish, and it can't be installed. */
  | 'in-app'
  /** Safari on a phone: what is stored in the page is not the installed app's, and goes after some days. */
  | 'safari'
  /** A browser that can go on, though installing first is better. */
  | 'browser';

export interface Surroundings {
  agent: string;
  touch: number;
  standalone: boolean;
}

export function surroundings(): Surroundings {
  return {
    agent: navigator.userAgent,
    touch: navigator.maxTouchPoints,
    standalone:
      matchMedia('(display-mode: standalone), (display-mode: fullscreen)').matches ||
      (navigator as { standalone?: boolean }).standalone === true,
  };
}

export function situation({ agent, touch, standalone }: Surroundings): Situation {
  if (standalone) return 'installed';
  const apple = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touch > 1);
  if (
    /FBAN|FBAV|FB_IAB|Instagram|Line\/|Twitter|Snapchat|WhatsApp|Telegram|TikTok|musical_ly|; wv\)/.test(
      agent,
    )
  )
    return 'in-app';
  if (apple) return /Safari\//.test(agent) ? 'safari' : 'in-app';
  return 'browser';
}

interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}
let offered: InstallPrompt | null = null;

/** Keeps the browser's own offer to install, to be made when the person asks for it. */
export function listenForInstall(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offered = event as InstallPrompt;
  });
}

const t = catalogue({
  en: {
    title: 'Put this app on your phone first',
    why: 'Then it opens without a connection, keeps what you record, and shows nothing of the browser around it.',
    share: 'Tap the Share button at the bottom of Safari.',
    add: 'Choose “Add to Home Screen”, then “Add”.',
    open: 'Close Safari and open the app from your home screen.',
    invite: 'There it asks for your invitation. Keep the link or the code at hand: it still works.',
    inApp:
      'This page is shown inside another app. It can’t be installed from here, and what you record here could be lost.',
    outside: 'Open the menu of this page and choose “Open in browser” (Safari on iPhone, Chrome on Android).',
    menu: 'Open the browser’s menu and choose “Install app” or “Add to Home screen”.',
    openAndroid: 'Open the app from your home screen.',
    install: 'Install',
  },
  fr: {
    title: 'Installez d’abord l’application',
    why: 'Elle s’ouvre alors sans connexion, garde ce que vous enregistrez et ne montre rien du navigateur autour d’elle.',
    share: 'Touchez le bouton Partager en bas de Safari.',
    add: 'Choisissez « Sur l’écran d’accueil », puis « Ajouter ».',
    open: 'Fermez Safari et ouvrez l’application depuis l’écran d’accueil.',
    invite: 'Elle vous demandera là votre invitation. Gardez le lien ou le code : il reste valable.',
    inApp:
      'Cette page s’affiche dans une autre application. On ne peut pas l’installer d’ici, et ce que vous enregistreriez pourrait se perdre.',
    outside:
      'Ouvrez le menu de cette page et choisissez « Ouvrir dans le navigateur » (Safari sur iPhone, Chrome sur Android).',
    menu: 'Ouvrez le menu du navigateur et choisissez « Installer l’application » ou « Ajouter à l’écran d’accueil ».',
    openAndroid: 'Ouvrez l’application depuis l’écran d’accueil.',
    install: 'Installer',
  },
});

function steps(...lines: string[]): HTMLOListElement {
  return el('ol', { class: 'steps' }, ...lines.map((line) => el('li', {}, line)));
}

/** How to install from here. */
export function installSteps(where: Situation): Child[] {
  if (where === 'in-app') return [paragraph(t('inApp'), 'lead'), steps(t('outside'), t('invite'))];
  if (where === 'safari')
    return [paragraph(t('why'), 'lead'), steps(t('share'), t('add'), t('open'), t('invite'))];
  return [
    paragraph(t('why'), 'lead'),
    offered && button({ class: 'button primary', press: () => offered?.prompt() }, t('install')),
    !offered && steps(t('menu'), t('openAndroid')),
  ];
}

export function installTitle(): string {
  return t('title');
}
