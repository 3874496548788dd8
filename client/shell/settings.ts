/** Settings of this phone. None of them says anything about anybody. */
import type { ReleasePolicy } from '../lib/contracts';
import { catalogue } from '../lib/text';
import type { App, Screen } from './app';
import { choices, el } from './dom';
import { languageChoice } from './enrol';
import { page, row, section } from './frame';
import { attempt } from './live';
import { confirm } from './panel';
import { sendMode } from './sync';

const t = catalogue({
  en: {
    title: 'Settings',
    hand: 'Hand that holds the phone',
    right: 'Right',
    left: 'Left',
    look: 'Look',
    dark: 'Dark',
    light: 'Light',
    film: 'Film',
    full: '1080p',
    fullHint: 'Sharper. About 30 MB a minute.',
    half: '720p',
    halfHint: 'For a slow phone.',
    ready: 'Get ready',
    readyHint: 'Permissions, storage, trial recording, practice',
    vault: 'Vault',
    vaultHint: 'Whether you can view your own recordings here',
    help: 'Help',
    rights: 'Your rights',
    release: 'When this phone lets go of its copy',
    covered: 'After the backup',
    coveredHint: 'When the server’s copy is covered by a backup; without a backup, 14 days after receipt.',
    atOnce: 'At once after receipt',
    atOnceHint: 'If the server’s disk breaks before its backup, the recording is lost.',
    atOnceAsk:
      'The server then has the only copy until its backup is made: if its disk breaks before that, the recording is lost. You can choose “After the backup” again at any time; what is gone by then stays gone.',
    atOnceYes: 'Let go at once',
    atOnceNo: 'Wait for the backup',
    about: 'About',
    version: 'Version',
    device: 'This phone',
    practice: 'Practice keys: only for trying out',
  },
  fr: {
    title: 'Réglages',
    hand: 'Main qui tient le téléphone',
    right: 'Droite',
    left: 'Gauche',
    look: 'Aspect',
    dark: 'Sombre',
    light: 'Clair',
    film: 'Film',
    full: '1080p',
    fullHint: 'Plus net. Environ 30 Mo par minute.',
    half: '720p',
    halfHint: 'Pour un téléphone lent.',
    ready: 'Se préparer',
    readyHint: 'Autorisations, stockage, essai, exercice',
    vault: 'Coffre',
    vaultHint: 'Si vous pouvez revoir ici vos enregistrements',
    help: 'Aide',
    rights: 'Vos droits',
    release: 'Quand ce téléphone se défait de sa copie',
    covered: 'Après la sauvegarde',
    coveredHint:
      'Quand la copie du serveur est couverte par une sauvegarde ; sans sauvegarde, 14 jours après réception.',
    atOnce: 'Dès la réception',
    atOnceHint: 'Si le disque du serveur casse avant sa sauvegarde, l’enregistrement est perdu.',
    atOnceAsk:
      'Le serveur a alors la seule copie jusqu’à sa sauvegarde : si son disque casse avant, l’enregistrement est perdu. Vous pouvez choisir de nouveau « Après la sauvegarde » à tout moment ; ce qui a été effacé d’ici là le reste.',
    atOnceYes: 'Effacer dès la réception',
    atOnceNo: 'Attendre la sauvegarde',
    about: 'À propos',
    version: 'Version',
    device: 'Ce téléphone',
    practice: 'Clés d’exercice : pour essayer seulement',
  },
});

export async function settings(app: App): Promise<Screen> {
  const { mode, release } = await app.outbox.state();
  const node = page(
    app,
    { title: t('title') },
    el(
      'nav',
      { class: 'rows' },
      row('phone', t('ready'), t('readyHint'), () => app.go('ready')),
      row('lock', t('vault'), t('vaultHint'), () => app.go('vault')),
      row('help', t('help'), null, () => app.go('help')),
      row('card', t('rights'), null, () => app.go('rights')),
    ),
    languageChoice(app),
    choices(
      t('hand'),
      [
        { value: 'left', label: t('left') },
        { value: 'right', label: t('right') },
      ],
      app.prefs.hand,
      (hand) => app.setPrefs({ hand }),
      'chips',
    ),
    choices(
      t('look'),
      [
        { value: 'dark', label: t('dark') },
        { value: 'light', label: t('light') },
      ],
      app.prefs.theme,
      (theme) => app.setPrefs({ theme }),
      'chips',
    ),
    choices(
      t('film'),
      [
        { value: '1080', label: t('full'), hint: t('fullHint') },
        { value: '720', label: t('half'), hint: t('halfHint') },
      ],
      String(app.prefs.height) as '1080' | '720',
      (height) => app.setPrefs({ height: height === '720' ? 720 : 1080 }),
    ),
    sendMode(app, mode),
    releaseChoice(app, release),
    section(
      t('about'),
      el(
        'dl',
        { class: 'facts figures' },
        el('dt', {}, t('version')),
        el('dd', {}, app.enrolled?.build ?? ''),
        el('dt', {}, t('device')),
        el('dd', {}, (app.enrolled?.device ?? '').slice(0, 8)),
      ),
      app.enrolled?.practice && el('p', { class: 'muted' }, t('practice')),
    ),
  );
  return { node };
}

function releaseChoice(app: App, policy: ReleasePolicy): HTMLElement {
  const node = choices<ReleasePolicy>(
    t('release'),
    [
      { value: 'covered', label: t('covered'), hint: t('coveredHint') },
      { value: 'at-once', label: t('atOnce'), hint: t('atOnceHint') },
    ],
    policy,
    async (next) => {
      if (next === 'covered' || (await confirm(t('atOnceAsk'), t('atOnceYes'), { no: t('atOnceNo') })))
        void attempt(() => app.outbox.release(next));
      else back.checked = true;
    },
  );
  const [back] = node.getElementsByTagName('input') as unknown as [HTMLInputElement];
  return node;
}
