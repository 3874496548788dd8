/** Texts that the page brings along in the desk's language, with `{n}` where a figure goes. */
export type Say = (name: string, values?: Record<string, string | number>) => string;

export function wordsOf(root: Element): Say {
  const words = root.querySelector<HTMLElement>('[data-words]')?.dataset ?? {};
  return (name, values = {}) =>
    Object.entries(values).reduce(
      (text, [key, value]) => text.replaceAll(`{${key}}`, String(value)),
      words[`say${name.charAt(0).toUpperCase()}${name.slice(1)}`] ?? '',
    );
}

export function need<T extends Element = HTMLElement>(root: ParentNode, selector: string): T {
  const node = root.querySelector<T>(selector);
  if (!node) throw new Error(`the page lacks ${selector}`);
  return node;
}

/** `0:01.480`: minutes, seconds and thousandths, for frames come at thousandths. */
export function stamp(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const rest = ((ms % 60_000) / 1000).toFixed(3).padStart(6, '0');
  return `${Math.floor(ms / 60_000)}:${rest}`;
}
