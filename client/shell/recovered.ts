/** After a crash: what was being recorded and is kept as far as it goes. */
import type { ItemView } from '../lib/contracts';
import { catalogue, time } from '../lib/text';
import { button, el } from './dom';
import { icon } from './icons';
import { kindWord } from './items';
import { openPanel } from './panel';

const t = catalogue({
  en: {
    title: 'Kept from last time',
    lead: 'The app was closed while this was being recorded. Everything up to about the last second is sealed and will be sent.',
    item: (p: { kind: string; time: string }) => `${p.kind} begun at ${p.time}`,
    go: 'Go on',
  },
  fr: {
    title: 'Conservé de la dernière fois',
    lead: 'L’application a été fermée pendant cet enregistrement. Tout, jusqu’à environ la dernière seconde, est scellé et sera envoyé.',
    item: (p) => `${p.kind} commencé à ${p.time}`,
    go: 'Continuer',
  },
});

export function recovered(items: readonly ItemView[]): void {
  openPanel({
    title: t('title'),
    build: (close) => [
      el(
        'div',
        { class: 'content' },
        el('p', { class: 'lead' }, t('lead')),
        el(
          'ul',
          { class: 'item-list' },
          ...items.map((item) =>
            el(
              'li',
              { class: 'card' },
              icon(item.kind === 'entry' ? 'note' : item.kind),
              el(
                'p',
                { class: 'figures' },
                t('item', {
                  kind: kindWord(item.kind),
                  time: time(item.startedAt, true),
                }),
              ),
            ),
          ),
        ),
      ),
      el('div', { class: 'foot' }, button({ class: 'button primary', press: close }, t('go'))),
    ],
  });
}
