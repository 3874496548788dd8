/**
 * Builds DOM without a single string of HTML: Trusted Types are enforced, and text must never become markup.
 * Styling by class only: the content security policy forbids style attributes.
 */

export type Child = Node | string | null | undefined | false;

export interface Props {
  class?: string | undefined;
  id?: string;
  /** Attributes as written in HTML. `null` or `false` leaves one out, `true` sets it empty. */
  at?: Record<string, string | number | boolean | null | undefined>;
  on?: { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (props.class) node.className = props.class;
  if (props.id) node.id = props.id;
  for (const [name, value] of Object.entries(props.at ?? {})) attribute(node, name, value);
  for (const [name, listener] of Object.entries(props.on ?? {}))
    node.addEventListener(name, listener as EventListener);
  fill(node, ...children);
  return node;
}

export function attribute(
  node: Element,
  name: string,
  value: string | number | boolean | null | undefined,
): void {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? '' : String(value));
}

/** Puts `children` in place of what is there. */
export function fill(node: Element, ...children: Child[]): void {
  node.replaceChildren(...children.filter((child): child is Node | string => isShown(child)));
}

function isShown(child: Child): boolean {
  return child !== null && child !== undefined && child !== false && child !== '';
}

export interface ButtonProps extends Props {
  /** Name for assistive technology where the visible label alone would not say it. */
  name?: string | undefined;
  press: () => unknown;
}

/** A button that runs one action at a time: a second tap while the first is under way does nothing. */
export function button(props: ButtonProps, ...children: Child[]): HTMLButtonElement {
  let busy = false;
  const node = el(
    'button',
    {
      ...props,
      at: { type: 'button', 'aria-label': props.name, ...props.at },
      on: {
        ...props.on,
        click: () => {
          if (busy) return;
          busy = true;
          void Promise.resolve()
            .then(props.press)
            .finally(() => {
              busy = false;
            });
        },
      },
    },
    ...children,
  );
  return node;
}

let ids = 0;
/** An id for aria-labelledby and the like, unique in this page. */
export function uniqueId(stem: string): string {
  ids += 1;
  return `${stem}-${ids}`;
}

/** Nothing typed here may reach a keyboard's dictionary, a spelling service or a form store. */
export const quietField = {
  autocomplete: 'off',
  autocorrect: 'off',
  autocapitalize: 'off',
  spellcheck: 'false',
  'data-1p-ignore': '',
  'data-lpignore': 'true',
} as const;

export interface Field {
  node: HTMLElement;
  input: HTMLInputElement | HTMLTextAreaElement;
}

/** A labelled text field. `rows` above 1 gives a text area. */
export function field(
  label: string,
  options: { rows?: number; value?: string; hint?: string; type?: string; mode?: string } = {},
): Field {
  const id = uniqueId('field');
  const hintId = options.hint ? `${id}-hint` : undefined;
  const at = { ...quietField, inputmode: options.mode, 'aria-describedby': hintId };
  const input =
    (options.rows ?? 1) > 1
      ? el('textarea', { id, class: 'input', at: { ...at, rows: options.rows } })
      : el('input', { id, class: 'input', at: { ...at, type: options.type ?? 'text' } });
  input.value = options.value ?? '';
  const node = el(
    'div',
    { class: 'field' },
    el('label', { class: 'label', at: { for: id } }, label),
    options.hint && el('p', { id: hintId as string, class: 'hint' }, options.hint),
    input,
  );
  return { node, input };
}

export interface Choice<T extends string> {
  value: T;
  label: string;
  hint?: string;
}

/** One of several, as radio buttons in large rows or chips. */
export function choices<T extends string>(
  legend: string,
  options: readonly Choice<T>[],
  chosen: T | null,
  picked: (value: T) => void,
  style: 'rows' | 'chips' = 'rows',
): HTMLFieldSetElement {
  const group = uniqueId('choice');
  return el(
    'fieldset',
    { class: `choices ${style}` },
    el('legend', { class: 'label' }, legend),
    ...options.map((option) => {
      const input = el('input', {
        at: { type: 'radio', name: group, value: option.value, checked: option.value === chosen },
        on: { change: () => picked(option.value) },
      });
      return el(
        'label',
        { class: 'choice' },
        input,
        el('span', {}, option.label, option.hint ? el('small', {}, option.hint) : null),
      );
    }),
  );
}
