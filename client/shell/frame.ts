/** The parts that every screen is made of, each always in its place. */

import { catalogue } from '../lib/text';
import type { App } from './app';
import { button, type Child, el } from './dom';
import { type IconName, icon } from './icons';

const t = catalogue({
  en: { back: 'Back', trial: 'Practice: nothing here counts' },
  fr: { back: 'Retour', trial: 'Exercice : rien ne compte ici' },
});

/** A screen with a way back, a title, content that scrolls and, if given, a foot in the thumb's reach. */
export function page(
  app: App,
  options: { title: string; back?: string | null; aside?: Child; foot?: Child[]; class?: string },
  ...children: Child[]
): HTMLElement {
  const { back = 'home' } = options;
  return el(
    'main',
    { class: `screen ${options.class ?? ''}` },
    el(
      'header',
      { class: 'bar' },
      back !== null &&
        button({ class: 'icon-button', name: t('back'), press: () => app.go(back) }, icon('back')),
      el('h1', { class: 'bar-title', at: { tabindex: -1 } }, options.title),
      options.aside,
    ),
    trialLine(app),
    el('div', { class: 'content' }, ...children),
    options.foot && el('div', { class: 'foot' }, ...options.foot),
  );
}

export function trialLine(app: App): HTMLElement | null {
  const trial = app.journal.open?.trial ?? app.journal.trial;
  return trial ? el('p', { class: 'trial' }, icon('practice'), t('trial')) : null;
}

/** A row that leads somewhere. */
export function row(
  name: IconName,
  label: string,
  detail: string | null,
  press: () => unknown,
): HTMLButtonElement {
  return button(
    { class: 'row', press },
    icon(name),
    el('span', { class: 'row-text' }, el('span', {}, label), detail ? el('small', {}, detail) : null),
    icon('next'),
  );
}

/** One large act. */
export function act(name: IconName, label: string, press: () => unknown, style = ''): HTMLButtonElement {
  return button({ class: `act ${style}`, press }, icon(name), el('span', {}, label));
}

export function section(title: string, ...children: Child[]): HTMLElement {
  return el('section', { class: 'section' }, el('h2', { class: 'section-title' }, title), ...children);
}

export function paragraph(text: string, style = ''): HTMLParagraphElement {
  return el('p', { class: style }, text);
}
