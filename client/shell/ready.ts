/** Get ready: each permission with its reason, storage, vault, and a trial recording seen through to the server. */
import { closeStream, openStream } from '../capture/camera';
import { minutesOfFilm } from '../capture/formats';
import { refusalWords } from '../capture/refusal';
import { askForLasting } from '../lib/lasting';
import { catalogue, number } from '../lib/text';
import type { App, Screen } from './app';
import { button, type Child, el, fill } from './dom';
import { page, paragraph, row, section } from './frame';
import { type IconName, icon } from './icons';
import { trialRecording } from './trial';

const t = catalogue({
  en: {
    title: 'Get ready',
    lead: 'Four permissions, one at a time. It takes three minutes, once.',
    camera: 'Camera',
    cameraWhy: 'To film and take photos. Nothing goes into the gallery.',
    sound: 'Microphone',
    soundWhy: 'To record what is said.',
    place: 'Position',
    placeWhy: 'So that each entry says where. Refusing it blocks nothing: you can type a coded site instead.',
    storage: 'Lasting storage',
    storageWhy: 'So that the browser does not clear what waits to be sent.',
    allow: 'Allow',
    allowed: 'Allowed',
    refused: 'Not allowed',
    granted: 'Granted: the browser keeps what is stored.',
    notGranted: 'Not granted. What is recorded is kept, but send often: a phone short of space may clear it.',
    room: (p: { n: number }) => `Room for about ${number(p.n)} minutes of film.`,
    vault: 'Vault',
    vaultHint: 'None by default: this phone can’t show what it records.',
    trial: 'Trial recording',
    mode: 'Practice',
    modeLead: 'For training: what you make is marked, and stays out of queue, figures and register.',
    modeOpen: 'Finish the open observation first.',
    modeOn: 'Start practice',
    modeOff: 'End practice',
    done: 'Done',
  },
  fr: {
    title: 'Se préparer',
    lead: 'Quatre autorisations, une à une. Trois minutes, une seule fois.',
    camera: 'Caméra',
    cameraWhy: 'Pour filmer et photographier. Rien ne va dans la galerie.',
    sound: 'Micro',
    soundWhy: 'Pour enregistrer ce qui se dit.',
    place: 'Position',
    placeWhy: 'Pour que chaque saisie dise où. La refuser ne bloque rien : vous pouvez taper un site codé.',
    storage: 'Stockage durable',
    storageWhy: 'Pour que le navigateur n’efface pas ce qui attend d’être envoyé.',
    allow: 'Autoriser',
    allowed: 'Autorisé',
    refused: 'Non autorisé',
    granted: 'Accordé : le navigateur garde ce qui est enregistré.',
    notGranted:
      'Non accordé. Ce qui est enregistré est gardé, mais envoyez souvent : un téléphone plein peut l’effacer.',
    room: (p) => `Place pour environ ${number(p.n)} minutes de film.`,
    vault: 'Coffre',
    vaultHint: 'Aucun par défaut : ce téléphone ne peut pas montrer ce qu’il enregistre.',
    trial: 'Enregistrement d’essai',
    mode: 'Exercice',
    modeLead:
      'Pour se former : ce que vous faites est marqué et reste hors de la file, des chiffres et du registre.',
    modeOpen: 'Terminez d’abord l’observation ouverte.',
    modeOn: 'Commencer l’exercice',
    modeOff: 'Finir l’exercice',
    done: 'Terminé',
  },
});

type Answer = { ok: boolean; words: string };

export function ready(app: App): Screen {
  const node = page(
    app,
    {
      title: t('title'),
      back: app.prefs.ready ? 'settings' : null,
      foot: [
        button(
          {
            class: 'button primary',
            press: () => {
              app.setPrefs({ ready: true });
              app.go('home');
            },
          },
          t('done'),
        ),
      ],
    },
    paragraph(t('lead'), 'lead'),
    step('film', t('camera'), t('cameraWhy'), 'camera', () => tryStream('photo')),
    step('sound', t('sound'), t('soundWhy'), 'microphone', () => tryStream('sound')),
    step('pin', t('place'), t('placeWhy'), 'geolocation', tryPlace),
    step('phone', t('storage'), t('storageWhy'), 'persistent-storage', () => tryStorage(app)),
    row('lock', t('vault'), t('vaultHint'), () => app.go('vault')),
    section(t('trial'), trialRecording(app)),
    section(t('mode'), ...practice(app)),
  );
  return { node };
}

function step(
  name: IconName,
  title: string,
  why: string,
  permission: string,
  ask: () => Promise<Answer>,
): HTMLElement {
  const said = el('p', { class: 'fact', at: { role: 'status' } });
  const show = (answer: Answer) => {
    fill(said, icon(answer.ok ? 'done' : 'attention'), answer.words);
    said.classList.toggle('safe', answer.ok);
  };
  const node = el(
    'div',
    { class: 'card step' },
    icon(name),
    el('div', {}, el('strong', {}, title), el('small', { class: 'muted' }, why)),
    button(
      { class: 'button small', name: `${t('allow')}: ${title}`, press: async () => show(await ask()) },
      t('allow'),
    ),
    said,
  );
  void navigator.permissions
    ?.query({ name: permission as PermissionName })
    .then(({ state }) => {
      if (state === 'granted' && permission !== 'persistent-storage') show({ ok: true, words: t('allowed') });
      if (state === 'denied') show({ ok: false, words: t('refused') });
    })
    .catch(() => undefined);
  if (permission === 'persistent-storage')
    void navigator.storage?.persisted?.().then((kept) => kept && show({ ok: true, words: t('granted') }));
  return node;
}

async function tryStream(want: 'photo' | 'sound'): Promise<Answer> {
  try {
    closeStream(await openStream(want, 720, 'environment'));
    return { ok: true, words: t('allowed') };
  } catch (error) {
    return { ok: false, words: refusalWords(error) };
  }
}

function tryPlace(): Promise<Answer> {
  return new Promise((done) => {
    if (!('geolocation' in navigator)) {
      done({ ok: false, words: t('refused') });
      return;
    }
    navigator.geolocation.getCurrentPosition(
      () => done({ ok: true, words: t('allowed') }),
      // No fix indoors is no refusal.
      (error) =>
        done(
          error.code === error.PERMISSION_DENIED
            ? { ok: false, words: t('refused') }
            : { ok: true, words: t('allowed') },
        ),
      { timeout: 15_000, maximumAge: 600_000 },
    );
  });
}

async function tryStorage(app: App): Promise<Answer> {
  const kept = await askForLasting();
  const minutes = minutesOfFilm((await app.depot.space()).free);
  const room = minutes === null ? '' : ` ${t('room', { n: minutes })}`;
  return { ok: kept, words: `${kept ? t('granted') : t('notGranted')}${room}` };
}

function practice(app: App): Child[] {
  const real = app.journal.open !== null && !app.journal.open.trial;
  return [
    paragraph(t('modeLead')),
    real
      ? paragraph(t('modeOpen'), 'muted')
      : button(
          {
            class: 'button',
            press: async () => {
              // Its observation ends with it: nothing real may join a practice one.
              if (app.journal.trial) await app.journal.finish();
              app.journal.trial = !app.journal.trial;
              app.redraw();
            },
          },
          app.journal.trial ? t('modeOff') : t('modeOn'),
        ),
  ];
}
