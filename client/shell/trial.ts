/** Five seconds of film, marked as practice, followed until the server has signed for them. */
import { closeStream, openStream } from '../capture/camera';
import { recordingType } from '../capture/formats';
import { Running } from '../capture/recording';
import { refusalWords } from '../capture/refusal';
import type { ItemView } from '../lib/contracts';
import { catalogue, elapsed } from '../lib/text';
import type { App } from './app';
import { button, el, fill } from './dom';
import { icon } from './icons';
import { isSafe, stateWord } from './items';

const t = catalogue({
  en: {
    lead: 'Records five seconds and follows them to the server. Marked as practice.',
    go: 'Record five seconds',
    recording: (p: { left: string }) => `Recording, ${p.left}`,
    sealing: 'Sealing',
    done: 'Received. The whole way works.',
    waiting: 'Sealed. It will be sent when there is a connection; nothing more to do.',
    broken:
      'The trial could not be sealed: storage on this phone did not answer. Free some space and try again.',
    failed: 'The trial did not work. What stopped it:',
  },
  fr: {
    lead: 'Enregistre cinq secondes et les suit jusqu’au serveur. Marqué comme exercice.',
    go: 'Enregistrer cinq secondes',
    recording: (p) => `Enregistrement, ${p.left}`,
    sealing: 'Scellement',
    done: 'Reçu. Tout le chemin fonctionne.',
    waiting: 'Scellé. L’envoi se fera dès qu’il y a une connexion ; rien d’autre à faire.',
    broken:
      'L’essai n’a pas pu être scellé : le stockage du téléphone n’a pas répondu. Libérez de la place et réessayez.',
    failed: 'L’essai n’a pas marché. Ce qui l’a arrêté :',
  },
});

const LENGTH = 5000;

export function trialRecording(app: App): HTMLElement {
  const said = el('p', { class: 'fact', at: { role: 'status' } });
  const bar = el('progress', { at: { max: LENGTH, value: 0, 'aria-label': t('go') } });
  bar.hidden = true;
  const go = button({ class: 'button', press: () => run(app, said, bar) }, icon('film'), t('go'));
  return el('div', { class: 'stack' }, el('p', { class: 'muted' }, t('lead')), go, bar, said);
}

async function run(app: App, said: HTMLElement, bar: HTMLProgressElement): Promise<void> {
  if (app.running) return;
  let stream: MediaStream | null = null;
  try {
    stream = await openStream('film', 720, 'environment');
    const mime = recordingType(
      'film',
      (type) => MediaRecorder.isTypeSupported(type),
      navigator.hardwareConcurrency,
    );
    const diary = app.journal.practice();
    await diary.begin();
    await diary.add('open', {});
    const running = new Running(
      app.depot,
      diary,
      { stream, kind: 'film', mime: mime ?? '', camera: 'environment' },
      () => undefined,
    );
    bar.hidden = false;
    while (running.running && running.elapsed < LENGTH && said.isConnected) {
      bar.value = running.elapsed;
      said.textContent = t('recording', { left: elapsed(LENGTH - running.elapsed + 999) });
      await new Promise((next) => setTimeout(next, 100));
    }
    said.textContent = t('sealing');
    const end = await running.end('stop');
    await diary.add('finish', { by: 'person' });
    app.outbox.kick(true);
    if (end.failed || !end.item) fill(said, icon('attention'), t('broken'));
    else follow(app, end.item, said);
  } catch (error) {
    fill(said, icon('attention'), `${t('failed')} ${refusalWords(error)}`);
  } finally {
    bar.hidden = true;
    closeStream(stream);
  }
}

/** Shows each state until it is received, or says that it will go by itself. */
function follow(app: App, item: string, said: HTMLElement): void {
  const show = async () => {
    if (!said.isConnected) {
      stop();
      return;
    }
    const view: ItemView | undefined = (await app.depot.items()).find(({ id }) => id === item);
    if (!view) return;
    said.classList.toggle('safe', isSafe(view));
    if (isSafe(view)) {
      fill(said, icon('safe'), t('done'));
      stop();
    } else if (view.problem) fill(said, icon('attention'), view.problem);
    else if (!navigator.onLine) fill(said, icon('lock'), t('waiting'));
    else fill(said, icon('sending'), stateWord(view));
  };
  const stop = app.depot.watch(() => void show());
  void show();
}
