/** What has become of an item, in words. */
import type { ItemView, Kind } from '../lib/contracts';
import { catalogue, percent, size } from '../lib/text';

export const itemWords = catalogue({
  en: {
    photo: 'Photo',
    film: 'Film',
    sound: 'Sound',
    import: 'Imported file',
    entry: 'Entry',
    recording: 'Being recorded',
    sealed: 'Sealed on this phone',
    committed: 'Sealed and announced to the server',
    sending: (p: { share: number }) => `Sending, ${percent(p.share)}`,
    received: 'Safe on the server',
    released: 'Safe on the server, no longer on this phone',
    refused: 'Kept here: the server did not take it',
    cut: 'interrupted, kept as far as it goes',
    trial: 'practice',
  },
  fr: {
    photo: 'Photo',
    film: 'Film',
    sound: 'Son',
    import: 'Fichier importé',
    entry: 'Saisie',
    recording: 'Enregistrement en cours',
    sealed: 'Scellé sur ce téléphone',
    committed: 'Scellé et annoncé au serveur',
    sending: (p) => `Envoi, ${percent(p.share)}`,
    received: 'En sûreté sur le serveur',
    released: 'En sûreté sur le serveur, plus sur ce téléphone',
    refused: 'Gardé ici : le serveur ne l’a pas pris',
    cut: 'interrompu, conservé jusqu’à la coupure',
    trial: 'exercice',
  },
});

export function kindWord(kind: Kind): string {
  return itemWords(kind);
}

/** One sentence for the state of an item. */
export function stateWord(item: ItemView): string {
  const state =
    item.state === 'sending'
      ? itemWords('sending', { share: item.size > 0 ? item.sent / item.size : 0 })
      : itemWords(item.state);
  return item.cut ? `${state} · ${itemWords('cut')}` : state;
}

export function isSafe(item: ItemView): boolean {
  return item.state === 'received' || item.state === 'released';
}

export function sizeWord(item: ItemView): string {
  return size(item.size);
}
