/**
 * Words for people, in English and French.
 *
 *     const t = catalogue({
 *       en: { stop: 'Stop', waiting: (p: { n: number }) => `${plural(p.n, '1 item', `${number(p.n)} items`)} waiting` },
 *       fr: { stop: 'Arrêter', waiting: (p) => `${number(p.n)} ${plural(p.n, 'élément', 'éléments')} en attente` },
 *     });
 *     t('waiting', { n: 3 })
 *
 * A key or a parameter that one language lacks does not compile. The language is looked up at each call.
 */
export type Language = 'en' | 'fr';
type Message = string | ((values: never) => string);
type Messages = Record<string, Message>;
/** The other language: same keys, same parameters. */
type Same<M extends Messages> = {
  [K in keyof M]: M[K] extends (values: infer V) => string ? (values: V) => string : string;
};
type Values<T extends Message> = T extends (values: infer V) => string ? [values: V] : [];

export interface Catalogue<M extends Messages> {
  <K extends keyof M & string>(key: K, ...values: Values<M[K]>): string;
  /** For keys that come from outside, like the error codes of a server. */
  has(key: string): key is keyof M & string;
}

export function catalogue<M extends Messages>(words: { en: M; fr: NoInfer<Same<M>> }): Catalogue<M> {
  const say = <K extends keyof M & string>(key: K, ...values: Values<M[K]>): string => {
    const message = words[language()][key] as string | ((values: unknown) => string);
    return typeof message === 'string' ? message : message(values[0]);
  };
  return Object.assign(say, { has: (key: string): key is keyof M & string => Object.hasOwn(words.en, key) });
}

const PREFERENCE = 'language';
let chosen: Language | undefined;
const listeners = new Set<(language: Language) => void>();

/** The chosen language, else the first of the browser's that we have, else English. */
export function language(): Language {
  chosen ??= preferred() ?? fromNavigator();
  return chosen;
}

export function setLanguage(next: Language): void {
  chosen = next;
  try {
    preferences()?.setItem(PREFERENCE, next);
  } catch {
    // Blocked storage: the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener(next);
}

/** Returns the way to stop. */
export function onLanguage(changed: (language: Language) => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Workers have no localStorage, and no type for it. */
function preferences():
  | { getItem(key: string): string | null; setItem(key: string, value: string): void }
  | undefined {
  return (globalThis as { localStorage?: ReturnType<typeof preferences> }).localStorage;
}

function preferred(): Language | undefined {
  try {
    const kept = preferences()?.getItem(PREFERENCE);
    return kept === 'en' || kept === 'fr' ? kept : undefined;
  } catch {
    return undefined;
  }
}

function fromNavigator(): Language {
  for (const tag of globalThis.navigator?.languages ?? []) {
    const base = tag.toLowerCase().split('-')[0];
    if (base === 'fr' || base === 'en') return base;
  }
  return 'en';
}

/** French counts 0 as singular, English as plural: `Intl` knows. */
export function plural(n: number, one: string, other: string): string {
  return new Intl.PluralRules(language()).select(n) === 'one' ? one : other;
}

export function number(n: number, digits = 0): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(n);
}

/** Decimal units as phones show them: 950 kB, 42 MB, 1.3 GB; French: ko, Mo, Go. */
export function size(bytes: number): string {
  const [unit, value] =
    bytes >= 1e9
      ? (['gigabyte', bytes / 1e9] as const)
      : bytes >= 1e6
        ? (['megabyte', bytes / 1e6] as const)
        : (['kilobyte', Math.ceil(bytes / 1e3)] as const);
  return new Intl.NumberFormat(language(), {
    style: 'unit',
    unit,
    maximumFractionDigits: value < 10 && unit !== 'kilobyte' ? 1 : 0,
  }).format(value);
}

/** Clock time of a device time in ms; seconds where they matter. */
export function time(ms: number, seconds = false): string {
  return new Intl.DateTimeFormat(language(), {
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
  }).format(ms);
}

export function date(ms: number): string {
  return new Intl.DateTimeFormat(language() === 'en' ? 'en-GB' : 'fr-FR', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }).format(ms);
}

/** Elapsed time as on a recorder: 0:42, 12:05, 1:02:05. */
export function elapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A share of 1 as a whole per cent, never rounded up to 100 before it is there. */
export function percent(share: number): string {
  const whole = Math.min(1, Math.max(0, Math.floor(share * 100) / 100));
  return new Intl.NumberFormat(language(), { style: 'percent' }).format(whole);
}
