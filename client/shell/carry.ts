/** The outbox as a file: for a phone that can no longer send, and for the one that sends in its place. */
import { BadOutboxFile, problemText } from '../lib/index';
import { catalogue, number, plural } from '../lib/text';
import type { App } from './app';
import { button, el } from './dom';
import { paragraph, section } from './frame';
import { icon } from './icons';
import { tell, trouble, warn } from './live';

const t = catalogue({
  en: {
    title: 'By another phone',
    lead: 'Everything unsent as one sealed file, for another phone of your organisation to send. Nobody can see in it what you recorded; it shows how many items there are, their times and sizes.',
    save: 'Save an outbox file',
    saved: (p: { n: number }) =>
      `${number(p.n)} ${plural(p.n, 'item', 'items')} in the file. They stay on this phone too.`,
    nothing: 'Nothing waits, so there is nothing to save.',
    open: 'Open an outbox file',
    taking: (p: { done: number; of: number }) => `Taking over ${number(p.done)} of ${number(p.of)}`,
    taken: (p: { n: number }) =>
      `${number(p.n)} ${plural(p.n, 'item', 'items')} taken over. This phone sends them now.`,
    known: (p: { n: number }) => `${number(p.n)} ${plural(p.n, 'was', 'were')} here already.`,
    damaged: (p: { n: number }) =>
      `${number(p.n)} ${plural(p.n, 'is', 'are')} damaged in this file. Save it once more on the other phone.`,
  },
  fr: {
    title: 'Par un autre téléphone',
    lead: 'Tout ce qui n’est pas envoyé, en un seul fichier scellé, pour qu’un autre téléphone de votre organisation l’envoie. Personne ne peut y voir ce que vous avez enregistré ; on y voit le nombre d’éléments, leurs heures et leurs tailles.',
    save: 'Enregistrer un fichier d’envoi',
    saved: (p) =>
      `${number(p.n)} ${plural(p.n, 'élément', 'éléments')} dans le fichier. Ils restent aussi sur ce téléphone.`,
    nothing: 'Rien n’attend, il n’y a donc rien à enregistrer.',
    open: 'Ouvrir un fichier d’envoi',
    taking: (p) => `Reprise : ${number(p.done)} sur ${number(p.of)}`,
    taken: (p) =>
      `${number(p.n)} ${plural(p.n, 'élément repris', 'éléments repris')}. Ce téléphone les envoie maintenant.`,
    known: (p) => `${number(p.n)} ${plural(p.n, 'était déjà ici', 'étaient déjà ici')}.`,
    damaged: (p) =>
      `${number(p.n)} ${plural(p.n, 'est abîmé', 'sont abîmés')} dans ce fichier. Enregistrez-le encore une fois sur l’autre téléphone.`,
  },
});

/** Long enough for the browser to have begun reading; a browser that is slower reads on from what it holds. */
const KEEP_ADDRESS = 10 * 60_000;

export function carrying(app: App): HTMLElement {
  const said = el('p', { class: 'fact figures', at: { role: 'status' } });
  const picker = el('input', { at: { type: 'file', hidden: true } });
  picker.addEventListener('change', () => {
    const [file] = picker.files ?? [];
    picker.value = '';
    if (file) void open(app, file, said);
  });
  return section(
    t('title'),
    paragraph(t('lead'), 'muted'),
    said,
    button({ class: 'button', press: () => save(app, said) }, icon('lock'), t('save')),
    button({ class: 'button', press: () => picker.click() }, icon('import'), t('open')),
    picker,
  );
}

async function save(app: App, said: HTMLElement): Promise<void> {
  try {
    const made = await app.outbox.pack();
    if (!made) {
      said.textContent = t('nothing');
      return;
    }
    const day = new Date().toISOString().slice(0, 10);
    const address = URL.createObjectURL(made.file);
    // Called like the app and the day: nothing in the name says what it is.
    const link = el('a', {
      at: { href: address, download: `${app.enrolled?.appName ?? 'Carnet'}-${day}.tar` },
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), KEEP_ADDRESS);
    said.textContent = t('saved', { n: made.items });
  } catch (error) {
    trouble(error);
  }
}

async function open(app: App, file: Blob, said: HTMLElement): Promise<void> {
  try {
    const told = await app.outbox.unpack(file, (done, of) => {
      said.textContent = t('taking', { done, of });
    });
    const words = [
      t('taken', { n: told.taken }),
      told.known > 0 && t('known', { n: told.known }),
      told.damaged > 0 && t('damaged', { n: told.damaged }),
    ];
    said.textContent = words.filter(Boolean).join(' ');
    if (told.taken > 0) tell(t('taken', { n: told.taken }));
  } catch (error) {
    said.textContent = '';
    if (error instanceof BadOutboxFile) warn(problemText(error.code));
    else trouble(error);
  }
}
