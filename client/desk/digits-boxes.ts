/** The row of boxes: one field a digit, keys that mean the same in each, and what it says to the form. */
import {
  alternatives,
  type Digits,
  empty,
  filled,
  fitting,
  go,
  meant,
  paste,
  pattern,
  plain,
  press,
  type Said,
  unsure,
  warnings,
} from './digits';
import { need, type Say } from './footage-words';

export function digitBoxes(form: HTMLFormElement, length: number, say: Say): void {
  const row = need(form, '[data-boxes]');
  const out = need(form, '[data-digits-say]');
  const field = (name: string) => need<HTMLInputElement>(form, `[name="${name}"]`);
  let digits = begun(field, length);
  let chosen = false; // the person has chosen a status of their own
  const status = need<HTMLSelectElement>(form, '[name="status"]');

  const boxes = Array.from({ length }, (_, at) => {
    const holder = document.createElement('span');
    const box = document.createElement('input');
    const others = document.createElement('span');
    Object.assign(box, {
      type: 'text',
      inputMode: 'numeric',
      autocomplete: 'off',
      spellcheck: false,
      maxLength: 2,
    });
    box.dataset.box = String(at);
    others.setAttribute('aria-hidden', 'true');
    holder.append(box, others);
    box.addEventListener('focus', () => {
      // The box that waits for another digit has the focus, but the next one stays the next.
      if (digits.at !== at && digits.adding !== at) show(go(digits, at));
      box.select();
    });
    box.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === 'Tab' || event.key === 'Enter')
        return;
      if (event.key.length > 1 && !/^(Backspace|Delete|Arrow(Left|Right)|Home|End)$/.test(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      type(event.key);
    });
    // Keyboards of phones send text, not keys.
    box.addEventListener('beforeinput', (event) => {
      event.preventDefault();
      if (event.inputType === 'deleteContentBackward') type('Backspace');
      else for (const sign of event.data ?? '') type(sign);
    });
    box.addEventListener('paste', (event) => {
      event.preventDefault();
      show(paste(digits, event.clipboardData?.getData('text') ?? ''), true);
    });
    row.append(holder);
    return { box, others };
  });

  const type = (key: string) => {
    const next = press(digits, key);
    if (next) {
      show(next, true);
      row.dispatchEvent(new Event('input', { bubbles: true })); // for whoever keeps what is half filled in
    } else if (/\p{L}/u.test(key)) out.textContent = say('letters');
  };

  const show = (next: Digits, focus = false) => {
    const before = digits;
    digits = next;
    for (const [at, { box, others }] of boxes.entries()) {
      const digit = digits.boxes[at] ?? { sign: '', unsure: false, others: '' };
      box.value = digit.sign;
      box.className = [
        digit.unsure && 'unsure',
        digit.sign === '?' && 'unknown',
        digits.adding === at && 'adding',
      ]
        .filter(Boolean)
        .join(' ');
      others.textContent = [...digit.others].join('/');
      box.setAttribute('aria-label', [say('box', { n: at + 1, all: length }), spoken(digit)].join(', '));
    }
    if (focus) boxes[digits.adding ?? digits.at]?.box.focus();
    field('pattern').value = pattern(digits);
    field('unsure').value = unsure(digits).join(',');
    field('alternatives').value = JSON.stringify(alternatives(digits));
    if (digits.adding !== null) out.textContent = say('adding');
    else if (focus && digits.boxes !== before.boxes) out.textContent = spokenAll();
    const here = digits.boxes[meant(digits)];
    press_('u', here?.unsure ?? false);
    press_('/', digits.adding !== null);
    if (!chosen) status.value = fitting(digits, fragments(form).length) ?? status.value;
    warn();
  };

  const press_ = (key: string, on: boolean) =>
    form.querySelector(`[data-key="${key}"]`)?.setAttribute('aria-pressed', String(on));
  const spoken = (digit: { sign: string; unsure: boolean; others: string }) =>
    digit.sign === ''
      ? say('blank')
      : digit.sign === '?'
        ? say('unknown')
        : [
            digit.sign,
            digit.unsure && say('unsure'),
            ...[...digit.others].map((one) => `${say('or')} ${one}`),
          ]
            .filter(Boolean)
            .join(' ');
  const spokenAll = () => digits.boxes.map(spoken).join(', ');

  const warn = () => {
    const list = need(form, '[data-warnings]');
    const lines = warnings(digits, saidIn(form)).map((one) => {
      const line = document.createElement('p');
      line.textContent = say(one.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()));
      return line;
    });
    if (list.textContent !== lines.map((line) => line.textContent).join('')) list.replaceChildren(...lines);
    need(form, '[data-checked-box]').hidden = status.value !== 'NOT_WORN';
  };

  for (const button of form.querySelectorAll<HTMLButtonElement>('[data-key]'))
    button.addEventListener('click', () => type(button.dataset.key ?? ''));
  // Before the form hears of it, and proposes one.
  status.addEventListener('input', () => {
    chosen = true;
  });
  form.addEventListener('input', () => show(digits));
  form.addEventListener('change', () => show(digits));
  // What was half filled in comes back, or is left out: the fields are set first.
  for (const name of ['bringback', 'reset'])
    form.addEventListener(name, () => {
      chosen = name === 'bringback';
      setTimeout(() => show(begun(field, length)));
    });
  chosen = pattern(digits) !== '' || form.querySelector('[data-form-problem]:not([hidden])') !== null;
  show(digits);
}

/** What a form that came back refused held already. */
function begun(field: (name: string) => HTMLInputElement, length: number): Digits {
  const text = plain(field('pattern').value);
  if (!text) return empty(length);
  let others: Record<string, string> = {};
  try {
    others = JSON.parse(field('alternatives').value || '{}') as Record<string, string>;
  } catch {
    // Written by this script or by nobody.
  }
  return filled(text, field('unsure').value.split(',').filter(Boolean).map(Number), others, length);
}

function fragments(form: HTMLFormElement): { digits: string; anchor: string }[] {
  const anchors = [...form.querySelectorAll<HTMLSelectElement>('[name^="anchor-"]')];
  return [...form.querySelectorAll<HTMLInputElement>('[name^="fragment-"]')]
    .map((input, at) => ({ digits: input.value, anchor: anchors[at]?.value ?? 'anywhere' }))
    .filter(({ digits }) => digits.trim() !== '');
}

function saidIn(form: HTMLFormElement): Said {
  const value = (name: string) =>
    (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | null)?.value ?? '';
  return {
    status: value('status'),
    asked: value('asked'),
    how: value('how'),
    fragments: fragments(form),
    checked: need<HTMLInputElement>(form, '[name="checked"]').checked,
    other: value('other'),
  };
}
