/** The words of the field: codes with their labels, from the one source that the desk reads too. */
import data from '../../app/register/vocabulary.json';
import { language } from '../lib/text';

export interface Term {
  code: string;
  en: string;
  fr: string;
}
export interface CodeTerm extends Term {
  short: { en: string; fr: string };
}
export interface Group extends Term {
  codes: CodeTerm[];
}

export const groups: readonly Group[] = data.groups;
export const codes: readonly CodeTerm[] = data.groups.flatMap((group) => group.codes);

/** Lists of terms that are chosen from, by the name they have in the vocabulary. */
export const lists = {
  status: data.rio_status as readonly Term[],
  asked: data.rio_asked as readonly Term[],
  how: data.rio_how as readonly Term[],
  basis: data.basis as readonly Term[],
  qualifier: data.qualifier as readonly Term[],
  force: data.force as readonly Term[],
  item: data.item as readonly Term[],
} as const;

const byCode = new Map(codes.map((term) => [term.code, term]));

export function codeTerm(code: string): CodeTerm | undefined {
  return byCode.get(code);
}

/** Label of `code` in the language chosen; the code itself when the vocabulary doesn't know it. */
export function label(list: keyof typeof lists | 'code', code: string): string {
  const term = list === 'code' ? byCode.get(code) : lists[list].find((each) => each.code === code);
  return term ? term[language()] : code;
}

/** What fits on a tile. */
export function shortLabel(code: string): string {
  return byCode.get(code)?.short[language()] ?? code;
}

/** Tiles of a phone that has used none yet: the acts published most often. */
export const firstTiles: readonly string[] = [
  'EVI-SITE',
  'PRO-TAKE',
  'FOR-GAS',
  'FOR-PUSH',
  'FOR-BAT',
  'OBS-PERI',
  'CHK-ID',
  'LIB-ARR',
];

/** Eight codes, last used first. */
export function tiles(used: readonly string[]): string[] {
  return [...new Set([...used, ...firstTiles])].filter((code) => byCode.has(code)).slice(0, 8);
}

function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f\u00ad]/g, '')
    .toLowerCase();
}

/** Codes whose labels, in either language, hold every word typed; accents don't matter. */
export function search(query: string): CodeTerm[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...codes];
  return codes.filter((term) => {
    const text = plain(`${term.code} ${term.en} ${term.fr} ${term.short.en} ${term.short.fr}`);
    return words.every((word) => text.includes(word));
  });
}
