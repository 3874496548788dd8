/** The phone's own copies: none by default, or behind a passphrase or a passkey. Sending never needs it. */
import type { VaultKind } from '../lib/contracts';
import { proposePassphrase, VaultProblem } from '../lib/index';
import { catalogue } from '../lib/text';
import type { App, Screen } from './app';
import { button, type Child, el, field, fill } from './dom';
import { page, paragraph, section } from './frame';
import { attempt, tell, trouble } from './live';
import { confirm } from './panel';

const t = catalogue({
  en: {
    title: 'Vault',
    none: 'This phone keeps no key: nobody can view here what you record, not even you. That is the safest.',
    with: 'With a vault you can view your own recordings here until they are released. Whoever gets the passphrase can too.',
    law: 'Refusing a formal demand for a passphrase can be an offence. After release nothing openable remains here.',
    open: 'The vault is open. It closes when you lock it, cover the screen or leave the app.',
    closed: 'The vault is locked.',
    lock: 'Lock',
    unlock: 'Unlock',
    passphrase: 'Passphrase',
    propose: 'A proposed passphrase',
    proposeHint: 'Drawn at random on this phone. Learn it or write it down away from the phone.',
    other: 'Another one',
    own: 'Your passphrase',
    again: 'Once more',
    differ: 'The two are not the same.',
    create: 'Make the vault',
    passkey: 'Use a passkey of this phone instead',
    passkeyGo: 'Unlock with the passkey',
    made: 'Vault made. It holds what you record from now on.',
    forgot: 'Passphrase forgotten',
    forgetAsk:
      'Give up this vault? What was recorded until now can no longer be viewed on this phone. Nothing unsent is lost.',
    forget: 'Give it up',
    wrong: 'This does not open the vault.',
    back: 'Go on',
  },
  fr: {
    title: 'Coffre',
    none: 'Ce téléphone ne garde aucune clé : personne ne peut y revoir ce que vous enregistrez, pas même vous. C’est le plus sûr.',
    with: 'Avec un coffre, vous pouvez revoir ici vos enregistrements jusqu’à leur libération. Toute personne qui a la phrase secrète aussi.',
    law: 'Refuser une demande formelle de code peut être un délit. Après libération, rien d’ouvrable ne reste ici.',
    open: 'Le coffre est ouvert. Il se ferme quand vous le verrouillez, couvrez l’écran ou quittez l’application.',
    closed: 'Le coffre est verrouillé.',
    lock: 'Verrouiller',
    unlock: 'Déverrouiller',
    passphrase: 'Phrase secrète',
    propose: 'Une phrase secrète proposée',
    proposeHint: 'Tirée au hasard sur ce téléphone. Apprenez-la, ou notez-la loin du téléphone.',
    other: 'Une autre',
    own: 'Votre phrase secrète',
    again: 'Encore une fois',
    differ: 'Les deux ne sont pas identiques.',
    create: 'Créer le coffre',
    passkey: 'Prendre plutôt une clé d’accès de ce téléphone',
    passkeyGo: 'Déverrouiller avec la clé d’accès',
    made: 'Coffre créé. Il garde ce que vous enregistrez à partir de maintenant.',
    forgot: 'Phrase secrète oubliée',
    forgetAsk:
      'Abandonner ce coffre ? Ce qui a été enregistré jusqu’ici ne pourra plus être revu sur ce téléphone. Rien de non envoyé n’est perdu.',
    forget: 'Abandonner',
    wrong: 'Cela n’ouvre pas le coffre.',
    back: 'Continuer',
  },
});

/** `rest`: the screen to go back to after unlocking, `earlier-<id>` or `play-<id>`. */
export async function vault(app: App, [rest = '']: string[]): Promise<Screen> {
  const body = el('div', { class: 'stack' });
  const after = rest.replace('-', '/');
  const draw = async () => fill(body, ...(await content(app, after)));
  await draw();
  const stop = app.vault.watch(() => void draw());
  return { node: page(app, { title: t('title'), back: after || 'settings' }, body), leave: stop };
}

async function content(app: App, after: string): Promise<Child[]> {
  const kind = await app.vault.kind();
  if (kind === 'none') return creating(app);
  return app.vault.unlocked() ? unlocked(app, after) : locked(app, kind, after);
}

function unlocked(app: App, after: string): Child[] {
  return [
    paragraph(t('open'), 'lead'),
    after ? button({ class: 'button primary', press: () => app.go(after) }, t('back')) : null,
    button({ class: 'button', press: () => app.vault.lock() }, t('lock')),
    paragraph(t('law'), 'muted'),
  ];
}

function locked(app: App, kind: VaultKind, after: string): Child[] {
  const typed = field(t('passphrase'), { type: 'password' });
  typed.input.setAttribute('autocomplete', 'off');
  const wrong = el('p', { class: 'wrong', at: { role: 'alert' } });
  const unlock = async (passphrase?: string) => {
    wrong.textContent = '';
    try {
      await app.vault.unlock(passphrase);
      if (after) app.go(after);
    } catch (error) {
      wrong.textContent = error instanceof VaultProblem ? error.message : t('wrong');
    } finally {
      typed.input.value = '';
    }
  };
  typed.input.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).key === 'Enter') void unlock(typed.input.value);
  });
  return [
    paragraph(t('closed'), 'lead'),
    kind === 'passphrase' && typed.node,
    wrong,
    kind === 'passphrase'
      ? button({ class: 'button primary', press: () => unlock(typed.input.value) }, t('unlock'))
      : button({ class: 'button primary', press: () => unlock() }, t('passkeyGo')),
    button(
      {
        class: 'button quiet',
        press: async () => {
          if (await confirm(t('forgetAsk'), t('forget'))) await attempt(() => app.vault.forget());
        },
      },
      t('forgot'),
    ),
    paragraph(t('law'), 'muted'),
  ];
}

/** Also shown by Get ready. */
export function creating(app: App): Child[] {
  const proposed = el('output', { class: 'proposal figures' }, proposePassphrase());
  const own = field(t('own'), { type: 'password' });
  const again = field(t('again'), { type: 'password' });
  const wrong = el('p', { class: 'wrong', at: { role: 'alert' } });
  const make = async (kind: 'passphrase' | 'passkey', passphrase?: string) => {
    wrong.textContent = '';
    try {
      await app.vault.create(kind, passphrase);
      tell(t('made'));
      app.redraw();
    } catch (error) {
      if (error instanceof VaultProblem) wrong.textContent = error.message;
      else trouble(error);
    }
  };
  return [
    paragraph(t('none'), 'lead'),
    paragraph(t('with')),
    paragraph(t('law'), 'muted'),
    section(
      t('propose'),
      proposed,
      paragraph(t('proposeHint'), 'hint'),
      button(
        {
          class: 'button',
          press: () => {
            proposed.textContent = proposePassphrase();
          },
        },
        t('other'),
      ),
    ),
    own.node,
    again.node,
    wrong,
    button(
      {
        class: 'button primary',
        press: () => {
          if (own.input.value !== again.input.value) {
            wrong.textContent = t('differ');
            return;
          }
          return make('passphrase', own.input.value);
        },
      },
      t('create'),
    ),
    'credentials' in navigator && 'PublicKeyCredential' in window
      ? button({ class: 'button', press: () => make('passkey') }, t('passkey'))
      : null,
  ];
}
