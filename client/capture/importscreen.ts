/** Bringing in files from the phone, with what everybody should know about it beforehand. */
import { catalogue, percent, size } from '../lib/text';
import type { App, Screen } from '../shell/app';
import { button, el, fill } from '../shell/dom';
import { page, paragraph } from '../shell/frame';
import { icon } from '../shell/icons';
import { importFiles, type Picker, type Progress } from './importing';

const t = catalogue({
  en: {
    title: 'Import files',
    files: 'Choose from files',
    filesHint: 'Best: most often gives the file as it is.',
    gallery: 'Choose from the gallery',
    galleryHint: 'The phone may convert the picture or leave out where it was taken.',
    converted:
      'The phone may have changed a file before this app gets it. What arrives is sealed as it arrives, and marked as imported.',
    stays:
      'The first original stays in your gallery. Leave it there until the legal team has seen this one: the app can’t delete it.',
    waiting: 'Waiting',
    reading: (p: { share: number }) => `Sealing, ${percent(p.share)}`,
    sealed: 'Sealed on this phone',
    failed: 'Could not be read. If it lies in a cloud, download it first, then try again.',
    keepOpen: 'Keep the app open until all are sealed.',
    done: 'All are sealed.',
    partly: 'Some could not be read.',
  },
  fr: {
    title: 'Importer des fichiers',
    files: 'Choisir dans les fichiers',
    filesHint: 'Le mieux : donne le plus souvent le fichier tel quel.',
    gallery: 'Choisir dans la galerie',
    galleryHint: 'Le téléphone peut convertir l’image ou omettre le lieu de prise de vue.',
    converted:
      'Le téléphone a pu modifier un fichier avant de le donner à l’application. Ce qui arrive est scellé tel quel et marqué comme importé.',
    stays:
      'Le premier original reste dans votre galerie. Laissez-le jusqu’à ce que l’équipe juridique ait vu celui-ci : l’application ne peut pas l’effacer.',
    waiting: 'En attente',
    reading: (p) => `Scellement, ${percent(p.share)}`,
    sealed: 'Scellé sur ce téléphone',
    failed: 'Lecture impossible. S’il se trouve dans un nuage, téléchargez-le d’abord, puis réessayez.',
    keepOpen: 'Laissez l’application ouverte jusqu’à ce que tout soit scellé.',
    done: 'Tout est scellé.',
    partly: 'Certains n’ont pas pu être lus.',
  },
});

export function importScreen(app: App): Screen {
  const list = el('ul', { class: 'progress-list' });
  const said = el('p', { class: 'muted', at: { role: 'status' } });
  // Two inputs: Android's file picker opens where the input takes anything, the gallery where it takes media only.
  const files = input(null, 'files');
  const gallery = input('image/*,video/*,audio/*', 'gallery');

  function input(accept: string | null, picker: Picker): HTMLInputElement {
    const node = el('input', {
      class: 'unseen',
      at: { type: 'file', multiple: true, accept, tabindex: -1, 'aria-hidden': 'true' },
      on: {
        change: () => {
          const chosen = [...(node.files ?? [])];
          if (chosen.length > 0) void bring(chosen, picker, node);
        },
      },
    });
    return node;
  }
  const bring = async (chosen: File[], picker: Picker, node: HTMLInputElement) => {
    said.textContent = t('keepOpen');
    app.wake.on();
    const became = await importFiles(app.depot, app.journal, chosen, picker, draw);
    if (!app.running) app.wake.off();
    node.value = '';
    said.textContent = became.every(({ state }) => state === 'sealed') ? t('done') : t('partly');
  };
  const draw = (all: readonly Progress[]) => {
    fill(
      list,
      ...all.map((each) =>
        el(
          'li',
          { class: 'card' },
          icon(each.state === 'sealed' ? 'lock' : each.state === 'failed' ? 'attention' : 'import'),
          el(
            'div',
            {},
            el('strong', { class: 'wrap' }, each.name),
            el('small', { class: 'muted figures' }, `${size(each.size)} · ${state(each)}`),
            each.state === 'reading' &&
              el('progress', { at: { max: each.size || 1, value: each.done, 'aria-label': each.name } }),
          ),
        ),
      ),
    );
  };
  return {
    node: page(
      app,
      {
        title: t('title'),
        foot: [
          button({ class: 'button', press: () => gallery.click() }, t('gallery')),
          button({ class: 'button primary', press: () => files.click() }, t('files')),
        ],
      },
      paragraph(t('converted')),
      paragraph(t('stays')),
      el(
        'dl',
        { class: 'facts tall' },
        el('dt', {}, t('files')),
        el('dd', {}, t('filesHint')),
        el('dt', {}, t('gallery')),
        el('dd', {}, t('galleryHint')),
      ),
      files,
      gallery,
      said,
      list,
    ),
  };
}

function state(each: Progress): string {
  return each.state === 'reading'
    ? t('reading', { share: each.size > 0 ? each.done / each.size : 1 })
    : t(each.state);
}
