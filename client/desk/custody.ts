/**
 * Custody keys are made here and nowhere else. The page keeps nothing: what proves and signs is read back from the
 * files that were saved, so a file that was not saved, or is damaged, can't pass. The server sees public halves only.
 */
import { Decrypter } from 'age-encryption';
import { CompactSign, importJWK, type JWK } from 'jose';
import { type CustodyFile, makeFiles, readFile } from './custody-file';

interface Proposal {
  v: number;
  server: string;
  name: string;
  server_key: JWK;
  practice: boolean;
}

let root: HTMLElement;
let words: DOMStringMap;
let organisation: JWK | null = null;
let recipients: string[] = [];

export function custody(): void {
  const found = document.querySelector<HTMLElement>('[data-custody]');
  if (!found) return;
  root = found;
  words = need('[data-words]').dataset;
  need('[data-steps]').hidden = false;
  root
    .querySelector<HTMLInputElement>('[data-old]')
    ?.addEventListener('change', (event) => guarded(() => loadOld(event)));
  const make = need<HTMLButtonElement>('[data-make]');
  make.disabled = root.dataset.practice === 'no';
  make.addEventListener('click', () => guarded(makeKeys));
  const saved = need<HTMLInputElement>('[data-saved]');
  const start = need<HTMLButtonElement>('[data-start-custody]');
  saved.addEventListener('change', () => {
    start.disabled = (saved.files?.length ?? 0) === 0;
  });
  start.addEventListener('click', () => guarded(() => setUp(saved)));
}

function need<T extends HTMLElement = HTMLElement>(selector: string): T {
  const node = root.querySelector<T>(selector);
  if (!node) throw new Error(`the page lacks ${selector}`);
  return node;
}

/** One thing at a time; whatever goes wrong is said in words. */
async function guarded(task: () => Promise<void>): Promise<void> {
  const problem = need('[data-problem]');
  problem.hidden = true;
  try {
    await task();
  } catch (error) {
    problem.textContent = error instanceof Refusal ? error.message : (words.failed ?? '');
    problem.hidden = false;
  }
}

/** Something that the person can put right; the message is for them. */
class Refusal extends Error {}

function step(name: string): void {
  const node = need(`[data-step="${name}"]`);
  node.hidden = false;
  node.scrollIntoView({ block: 'nearest' });
}

/** Changing custody keeps the organisation key: phones pin it, and only it can sign new recipients. */
async function loadOld(event: Event): Promise<void> {
  const file = (event.target as HTMLInputElement).files?.[0];
  if (!file) return;
  organisation = (await readFile(file)).organisation;
  if (!organisation) throw new Refusal(words.noOrganisation);
  need<HTMLButtonElement>('[data-make]').disabled = false;
}

async function makeKeys(): Promise<void> {
  const chosen = need<HTMLInputElement>('input[name="number"]:checked').value;
  const files = await makeFiles(Number(chosen), root.dataset.name ?? '', organisation);
  organisation = null;
  recipients = files.map((file) => file.recipient);
  need<HTMLButtonElement>('[data-make]').disabled = true;
  for (const radio of root.querySelectorAll<HTMLInputElement>('input[name="number"]')) radio.disabled = true;
  offer(files);
  step('save');
}

function offer(files: CustodyFile[]): void {
  const list = need('[data-files]');
  const waiting = new Set(files);
  list.replaceChildren();
  for (const file of files) {
    const row = document.createElement('p');
    const name = document.createElement('b');
    name.textContent = file.name;
    const mark = document.createElement('span');
    mark.className = 'mark good';
    const taken = () => {
      waiting.delete(file);
      mark.textContent = `✓ ${words.savedIt}`;
      next.disabled = waiting.size > 0;
    };
    row.append(
      name,
      ' ',
      button(words.download, () => {
        download(file);
        taken();
      }),
      ' ',
    );
    row.append(
      button(words.print, () => print(file)),
      ' ',
      mark,
    );
    list.append(row);
  }
  const next = button(words.next, () => {
    // From here on the keys exist only in the files.
    list.replaceChildren();
    for (const sheet of document.querySelectorAll('.paper')) sheet.remove();
    step('prove');
  });
  next.disabled = true;
  list.append(next);
}

function button(text: string | undefined, press: () => void): HTMLButtonElement {
  const node = document.createElement('button');
  node.type = 'button';
  node.className = 'small';
  node.textContent = text ?? '';
  node.addEventListener('click', press);
  return node;
}

function download(file: CustodyFile): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([file.text], { type: 'text/plain' }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function print(file: CustodyFile): void {
  const sheet = document.createElement('section');
  sheet.className = 'paper';
  const title = document.createElement('h1');
  title.textContent = `${root.dataset.name}: ${file.name}`;
  const keep = document.createElement('p');
  keep.textContent = words.keep ?? '';
  const text = document.createElement('pre');
  text.textContent = file.text;
  sheet.append(title, keep, text);
  document.body.append(sheet);
  document.body.classList.add('printing');
  window.print();
  document.body.classList.remove('printing');
  sheet.remove();
}

async function setUp(input: HTMLInputElement): Promise<void> {
  const files = await Promise.all([...(input.files ?? [])].map(readFile));
  const signer = files.find((file) => file.organisation)?.organisation;
  const byRecipient = new Map(files.map((file) => [file.recipient, file]));
  if (!signer || recipients.some((recipient) => !byRecipient.has(recipient))) throw new Refusal(words.wrong);
  const asked = await post<{ canaries: string[]; proposal: Proposal }>('canaries', { recipients });
  const proven: Record<string, string> = {};
  for (const [at, recipient] of recipients.entries()) {
    const opener = new Decrypter();
    opener.addIdentity(byRecipient.get(recipient)?.identity ?? '');
    const sealed = Uint8Array.from(atob(asked.canaries[at] ?? ''), (c) => c.charCodeAt(0));
    proven[recipient] = await opener.decrypt(sealed, 'text').catch(() => {
      throw new Refusal(words.wrong);
    });
  }
  const pins = await sign({ ...asked.proposal, custody: recipients, at: Date.now() }, signer);
  const { d: _kept, ...open } = signer;
  await post('start', { words: proven, pins, organisation: { kty: open.kty, crv: open.crv, x: open.x } });
  input.value = '';
  need<HTMLButtonElement>('[data-start-custody]').disabled = true;
  step('done');
}

async function sign(statement: object, key: JWK): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(statement)))
    .setProtectedHeader({ alg: 'Ed25519', typ: 'temoin-pins', kid: 'organisation' })
    .sign(await importJWK(key, 'Ed25519'));
}

async function post<T>(where: 'canaries' | 'start', body: object): Promise<T> {
  const response = await fetch(root.dataset[where] ?? '', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      'X-CSRFToken': root.dataset.csrf ?? '',
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Refusal(words.failed);
  return (await response.json()) as T;
}
