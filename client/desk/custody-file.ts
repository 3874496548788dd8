/**
 * The file that a keeper of custody keeps: an age identity file as `age -i` reads it. The organisation key that signs
 * the list of recipients rides along in a comment, so that one file is all there is to keep.
 */
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

export interface CustodyFile {
  name: string;
  text: string;
  recipient: string;
}

export interface ReadCustodyFile {
  identity: string;
  recipient: string;
  organisation: JWK | null;
}

const ORGANISATION = '# organisation key: ';

/** `number` files with a key each; all carry the same organisation key, a new one unless given. */
export async function makeFiles(
  number: number,
  name: string,
  organisation: JWK | null,
): Promise<CustodyFile[]> {
  const key = organisation ?? (await newOrganisationKey());
  const day = new Date().toISOString().slice(0, 10);
  const files: CustodyFile[] = [];
  for (let n = 1; n <= number; n += 1) {
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    const title = name.replace(/[\r\n]+/g, ' ');
    files.push({
      name: `custody-${day}-${n}.txt`,
      recipient,
      text: [
        `# ${title}: custody key ${n} of ${number}, ${day}`,
        `# public key: ${recipient}`,
        `${ORGANISATION}${JSON.stringify(key)}`,
        identity,
        '',
      ].join('\n'),
    });
  }
  return files;
}

async function newOrganisationKey(): Promise<JWK> {
  const pair = await generateKeyPair('Ed25519', { extractable: true });
  const { kty, crv, x, d } = await exportJWK(pair.privateKey);
  return { kty, crv, x, d } as JWK;
}

/** Reads a saved file. Throws when there is no age identity in it. */
export async function readFile(file: Blob): Promise<ReadCustodyFile> {
  const lines = (await file.text()).split(/\r?\n/).map((line) => line.trim());
  const identity = lines.find((line) => line.startsWith('AGE-SECRET-KEY-1'));
  if (!identity) throw new Error('no age identity in this file');
  return { identity, recipient: await identityToRecipient(identity), organisation: organisationOf(lines) };
}

function organisationOf(lines: string[]): JWK | null {
  const line = lines.find((one) => one.startsWith(ORGANISATION));
  if (!line) return null;
  try {
    const key = JSON.parse(line.slice(ORGANISATION.length)) as JWK;
    return key.kty === 'OKP' && key.crv === 'Ed25519' && key.d ? key : null;
  } catch {
    return null;
  }
}
