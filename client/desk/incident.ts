/** The incident sheet: one more row where the last one is in use, and the button that prints. */
export function incidentSheet(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-more]')) {
    button.hidden = false;
    button.addEventListener('click', () => oneMore(button.dataset.more ?? '')?.focus());
  }
  const form = document.querySelector<HTMLFormElement>('[data-sheet]');
  form?.addEventListener('bringback', (event) => room(form, (event as CustomEvent<string[]>).detail));
}

/** Rows for all that a draft names: `codes.4.note` needs five rows of codes. */
function room(form: HTMLFormElement, names: string[]): void {
  for (const name of names) {
    const [part, number] = name.split('.');
    if (!part || !/^\d{1,2}$/.test(number ?? '')) continue;
    while (
      !form.querySelector(`[name^="${CSS.escape(part)}.${number}."]`) &&
      form.querySelector(`[data-rows="${CSS.escape(part)}"]`)
    )
      if (!oneMore(part)) break;
  }
}

/** A copy of the last row, empty, its fields numbered on; its first field. */
function oneMore(part: string): HTMLElement | undefined {
  const body = document.querySelector(`[data-rows="${part}"] tbody`);
  const rows = body?.querySelectorAll<HTMLTableRowElement>('tr:not(.clash)');
  const last = rows?.[rows.length - 1];
  if (!body || !last || !rows) return undefined;
  const copy = last.cloneNode(true) as HTMLTableRowElement;
  copy.classList.remove('clashing');
  for (const extra of copy.querySelectorAll('.row-id, .from, .error')) extra.remove();
  const number = rows.length;
  for (const field of copy.querySelectorAll<HTMLInputElement | HTMLSelectElement>(
    'input, select, textarea',
  )) {
    field.name = field.name.replace(/\.\d+\./, `.${number}.`);
    field.id = field.name.replaceAll('.', '-');
    field.value = '';
    field.removeAttribute('aria-invalid');
    field.removeAttribute('aria-describedby');
    const label = field.closest('td')?.querySelector('label');
    if (label) label.htmlFor = field.id;
  }
  body.append(copy);
  return copy.querySelector<HTMLElement>('input, select, textarea') ?? undefined;
}
