/** Takes the invitation and redeems it, after a tap and never before. */
import { NotRedeemed } from '../lib/index';
import { catalogue, type Language, language, setLanguage } from '../lib/text';
import type { App, Screen } from './app';
import { button, type Child, choices, el, field, fill } from './dom';
import { paragraph } from './frame';
import { icon } from './icons';
import { installSteps, installTitle, type Situation, situation, surroundings } from './install';
import { secretIn } from './invitation';
import { trouble } from './live';
import { applyPrefs } from './prefs';
import { openScanner } from './scan';

const t = catalogue({
  en: {
    title: 'Your invitation',
    back: 'Back',
    lead: 'Your organisation gave you a link, a QR code or ten characters. It works once.',
    paste: 'Link or ten characters',
    hint: 'Paste the whole link, or type the code.',
    scan: 'Scan the QR code',
    go: 'Enrol this phone',
    going: 'Enrolling',
    came: 'An invitation came with the link you opened.',
    wrong: 'This is neither an invitation link nor a ten-character code.',
    offline: 'There is no connection. Enrolling needs one, everything after that does not.',
    language: 'Language',
    stay: 'Go on in this browser',
    stayHint:
      'Good for trying out. On a phone that goes into the field, install first: a browser may clear what is stored for a page.',
    write: 'The phone keeps no key that opens what you record. Only your organisation can.',
  },
  fr: {
    title: 'Votre invitation',
    back: 'Retour',
    lead: 'Votre organisation vous a donné un lien, un code QR ou dix caractères. Cela sert une seule fois.',
    paste: 'Lien ou dix caractères',
    hint: 'Collez le lien entier, ou tapez le code.',
    scan: 'Scanner le code QR',
    go: 'Inscrire ce téléphone',
    going: 'Inscription en cours',
    came: 'Une invitation accompagnait le lien que vous avez ouvert.',
    wrong: 'Ce n’est ni un lien d’invitation, ni un code de dix caractères.',
    offline: 'Il n’y a pas de connexion. L’inscription en demande une, rien de ce qui suit n’en a besoin.',
    language: 'Langue',
    stay: 'Continuer dans ce navigateur',
    stayHint:
      'Suffisant pour essayer. Sur un téléphone qui ira sur le terrain, installez d’abord : un navigateur peut effacer ce qu’il garde pour une page.',
    write:
      'Le téléphone ne garde aucune clé qui ouvre ce que vous enregistrez. Seule votre organisation le peut.',
  },
});

/** Chosen once in this page: to go on in a browser after having read what that means. */
let staying = false;

export function enrol(app: App): Screen {
  const where = situation(surroundings());
  const content = el('div', { class: 'content' });
  const heading = el('h1', { class: 'bar-title', at: { tabindex: -1 } });
  const draw = () => {
    const install = where !== 'installed' && !(where === 'browser' && staying);
    heading.textContent = install ? installTitle() : t('title');
    fill(content, ...(install ? installing(where, draw) : redeeming(app)), languageChoice(app));
  };
  draw();
  return {
    node: el(
      'main',
      { class: 'screen' },
      el(
        'header',
        { class: 'bar' },
        app.enrolled &&
          button({ class: 'icon-button', name: t('back'), press: () => app.go('home') }, icon('back')),
        heading,
      ),
      content,
    ),
  };
}

function installing(where: Situation, draw: () => void): Child[] {
  return [
    ...installSteps(where),
    where === 'browser' &&
      el(
        'div',
        { class: 'section' },
        paragraph(t('stayHint'), 'muted'),
        button(
          {
            class: 'button',
            press: () => {
              staying = true;
              draw();
            },
          },
          t('stay'),
        ),
      ),
  ];
}

function redeeming(app: App): Child[] {
  const typed = field(t('paste'), { hint: t('hint') });
  const wrong = el('p', { class: 'wrong', at: { role: 'alert' } });
  const go = button({ class: 'button primary', press: () => redeem(typed.input.value) }, t('go'));
  const redeem = async (text: string) => {
    const secret = app.invitation ?? secretIn(text);
    wrong.textContent = '';
    if (!secret) {
      wrong.textContent = t('wrong');
      typed.input.focus();
      return;
    }
    go.textContent = t('going');
    try {
      app.enrolled = await app.enrolment.redeem(secret);
      app.invitation = null;
      app.go('ready');
    } catch (error) {
      app.invitation = null;
      if (error instanceof NotRedeemed) wrong.textContent = error.message;
      else if (!navigator.onLine) wrong.textContent = t('offline');
      else trouble(error);
      typed.node.hidden = false;
    } finally {
      go.textContent = t('go');
    }
  };
  typed.node.hidden = app.invitation !== null;
  typed.input.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).key === 'Enter') go.click();
  });
  return [
    paragraph(app.invitation ? t('came') : t('lead'), 'lead'),
    typed.node,
    wrong,
    go,
    button(
      {
        class: 'button',
        press: () =>
          openScanner((text) => {
            const secret = secretIn(text);
            if (!secret) return false;
            typed.input.value = secret;
            app.invitation = null;
            void redeem(secret);
            return true;
          }),
      },
      icon('rio'),
      t('scan'),
    ),
    paragraph(t('write'), 'muted'),
  ];
}

export function languageChoice(app: App): HTMLElement {
  return choices<Language>(
    t('language'),
    [
      { value: 'fr', label: 'Français' },
      { value: 'en', label: 'English' },
    ],
    language(),
    (value) => {
      setLanguage(value);
      applyPrefs(app.prefs);
      app.redraw();
    },
    'chips',
  );
}
