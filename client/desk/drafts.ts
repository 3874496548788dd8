/**
 * What is typed into a form with `data-draft` is kept on the server, sealed, a moment after it was typed; when the page
 * comes back, it is there again. Nothing of it is kept in the browser.
 */
import { post } from './post';

const PAUSE = 1_000; // ms without a key
const KEPT = 'textarea, select, input:not([type=hidden], [type=password], [type=file], [type=submit])';
const waiting = new Map<HTMLFormElement, ReturnType<typeof setTimeout>>();

export function drafts(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-draft]')) {
    const name = document.createElement('input');
    name.type = 'hidden';
    name.name = '_draft';
    name.value = nameOf(form);
    form.append(name);
    form.addEventListener('input', () => soon(form));
    form.addEventListener('submit', () => {
      clearTimeout(waiting.get(form));
      waiting.delete(form); // else leaving the page would keep it again, behind the server's back
    });
    void bringBack(form);
  }
  // A page that is left keeps what has not been kept yet.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void keepAll();
  });
}

/** Keep at once whatever still waits to be kept. */
export async function keepAll(): Promise<void> {
  await Promise.all([...waiting.keys()].map(keep));
}

/** Forms are told apart by their page and where they are sent. */
function nameOf(form: HTMLFormElement): string {
  return `${location.pathname}#${new URL(form.action).pathname}`;
}

function soon(form: HTMLFormElement): void {
  clearTimeout(waiting.get(form));
  waiting.set(
    form,
    setTimeout(() => void keep(form), PAUSE),
  );
}

async function keep(form: HTMLFormElement): Promise<void> {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  const said = fields(form);
  const empty = Object.values(said).every((value) => !value.trim());
  const kept = await post('/desk/drafts', { form: nameOf(form), fields: empty ? null : said });
  form.dataset.kept = kept ? 'yes' : 'no';
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function inputs(form: HTMLFormElement): Field[] {
  return [...form.querySelectorAll<Field>(KEPT)].filter((field) => field.name);
}

function ticked(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && ['checkbox', 'radio'].includes(field.type);
}

function fields(form: HTMLFormElement): Record<string, string> {
  const said: Record<string, string> = {};
  for (const field of inputs(form)) {
    if (!ticked(field)) said[field.name] = field.value;
    else if (field.checked) said[`${field.name}=${field.value}`] = 'on';
  }
  return said;
}

async function bringBack(form: HTMLFormElement): Promise<void> {
  const answer = await post<{ fields: Record<string, string> | null }>('/desk/drafts/find', {
    form: nameOf(form),
  });
  const said = answer?.fields;
  // What somebody has begun to type meanwhile counts for more.
  if (!said || inputs(form).some((field) => field === document.activeElement && field.value)) return;
  // A form whose rows grow makes room for what comes back.
  form.dispatchEvent(new CustomEvent('bringback', { detail: Object.keys(said) }));
  for (const field of inputs(form)) {
    if (ticked(field)) field.checked = `${field.name}=${field.value}` in said;
    else field.value = said[field.name] ?? field.value;
  }
  const fold = form.closest('details');
  if (fold) fold.open = true;
  form.querySelector('.brought-back')?.remove();
  form.prepend(notice(form));
}

function notice(form: HTMLFormElement): HTMLElement {
  const line = document.createElement('p');
  line.className = 'brought-back';
  line.setAttribute('role', 'status');
  line.append(document.body.dataset.broughtBack ?? '', ' ');
  const drop = document.createElement('button');
  drop.type = 'button';
  drop.className = 'quiet';
  drop.textContent = document.body.dataset.drop ?? '';
  drop.addEventListener('click', () => {
    form.reset();
    line.remove();
    void post('/desk/drafts', { form: nameOf(form), fields: null });
  });
  line.append(drop);
  return line;
}
