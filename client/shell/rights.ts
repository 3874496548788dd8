/** A draft card of rights, offline in one tap, in French to show and in English to read. Facts: domain research, section 5. */
import { catalogue, type Language, language } from '../lib/text';
import type { App, Screen } from './app';
import { choices, el, fill } from './dom';
import { page, section } from './frame';
import { icon } from './icons';
import { type Card, rightsCard } from './rightscard';

const t = catalogue({
  en: { title: 'Your rights', shown: 'Language of the card' },
  fr: { title: 'Vos droits', shown: 'Langue de la carte' },
});

export async function rights(app: App): Promise<Screen> {
  const card = el('article', { class: 'rights' });
  const own = await ownCard();
  const draw = (shown: Language) => {
    card.lang = shown;
    const { draft, date, parts } = own?.[shown] ?? rightsCard[shown];
    fill(
      card,
      el('p', { class: 'draft' }, icon('attention'), el('span', {}, draft, el('br'), date)),
      ...parts.map(({ title, lines }) =>
        section(title, el('ul', { class: 'steps' }, ...lines.map((line) => el('li', {}, line)))),
      ),
    );
  };
  draw(language());
  const chosen = choices<Language>(
    t('shown'),
    [
      { value: 'fr', label: 'Français' },
      { value: 'en', label: 'English' },
    ],
    language(),
    draw,
    'chips',
  );
  return { node: page(app, { title: t('title') }, card, chosen) };
}

/** The organisation's own text, where it has put one; kept for offline use by the service worker. */
async function ownCard(): Promise<Record<Language, Card> | null> {
  try {
    const answer = await fetch('/m/rights.json');
    return answer.ok && answer.status === 200 ? ((await answer.json()) as Record<Language, Card>) : null;
  } catch {
    return null;
  }
}
