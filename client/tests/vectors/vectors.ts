/** What `npm run vectors` writes to tests/vectors/: made once by the client, read by the tests of both sides. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { base64url, concat, hex, sha256 } from '../../lib/bytes';
import { CHUNK, SEALED_CHUNK } from '../../lib/chunks';
import type { Clock } from '../../lib/contracts';
import { reference } from '../../lib/ids';
import { signJws } from '../../lib/jws';
import { seal } from '../../lib/stream';
import { sealTail } from '../../seal/tail';
import { ruled } from './rule';

const clock: Clock = { wall: 1763707269123, mono: 123456, offset: -120, error: 45, measured: 1763700000000 };

export async function makeVectors(): Promise<Record<string, unknown>> {
  return {
    'references.json': references(),
    'statements.json': await statements(),
    'entries.json': entries(),
    'age.json': await age(),
  };
}

function references() {
  const ids = [
    '00000000000000000000000000000000',
    'ffffffffffffffffffffffffffffffff',
    '0123456789abcdef0123456789abcdef',
  ];
  ids.push(
    'deadbeefdeadbeefdeadbeefdeadbeef',
    'fffffffcffffffffffffffffffffffff',
    '00000003ffffffffffffffffffffffff',
  );
  return ids.map((id) => ({ id, reference: reference(id) }));
}

async function statements() {
  const seeds = {
    device: new Uint8Array(32).fill(1),
    server: new Uint8Array(32).fill(2),
    organisation: new Uint8Array(32).fill(3),
  };
  const [dev, aud] = ['d0'.repeat(16), '5e'.repeat(16)];
  const jwk = (seed: Uint8Array) => ({
    kty: 'OKP',
    crv: 'Ed25519',
    x: base64url(ed25519.getPublicKey(seed)),
  });
  const keys = Object.fromEntries(
    Object.entries(seeds).map(([name, seed]) => [name, { seed: hex(seed), jwk: jwk(seed) }]),
  );
  const good: { signer: string; typ: string; kid: string; payload: object; jws: string; hash: string }[] = [];
  const add = async (signer: keyof typeof seeds, typ: string, kid: string, payload: object) => {
    const jws = await signJws(typ, kid, payload, seeds[signer]);
    good.push({ signer, typ, kid, payload, jws, hash: await sha256(jws) });
  };
  const part = async (text: string) => ({ size: text.length, sha256: await sha256(text) });
  const sealed = { id: 'a1'.repeat(16), kind: 'film', head: await part('head'), body: await part('body') };
  const common = { clock, app: '0123456789abcdef' };
  const invitation = base64url(new Uint8Array(32).fill(4));
  const first = { aud: null, dev: null, seq: 0, prev: null, ...common, seen: null };
  await add('device', 'temoin-enrolment', 'new', {
    ...first,
    key: jwk(seeds.device),
    invitation: await sha256(invitation),
  });
  const says: [string, object][] = [
    ['temoin-commitment', { items: [{ ...sealed, cut: false }] }],
    ['temoin-prefix', { item: sealed }],
    ['temoin-deletion', { ids: [sealed.id], why: 'person' }],
    ['temoin-handover', { from: '0d'.repeat(16), ids: [sealed.id] }],
  ];
  for (const [typ, more] of says) {
    const prev = good.at(-1)?.hash ?? null;
    await add('device', typ, dev, {
      aud,
      dev,
      seq: good.length,
      prev,
      ...common,
      seen: { size: 7, hash: await sha256('log') },
      ...more,
    });
  }
  const log = { index: 7, hash: await sha256('leaf') };
  const receipt = { iss: aud, dev, at: clock.wall, log };
  await add('server', 'temoin-commitment-receipt', aud, {
    ...receipt,
    statement: good[1]?.hash,
    ids: [sealed.id],
  });
  await add('server', 'temoin-storage-receipt', aud, {
    ...receipt,
    id: sealed.id,
    head: sealed.head,
    body: sealed.body,
    attested: 'match',
  });
  const recipient = `age1${'q'.repeat(58)}`;
  const pins = {
    v: 1,
    server: aud,
    name: 'Practice',
    server_key: jwk(seeds.server),
    custody: [recipient],
    practice: true,
    at: clock.wall,
  };
  await add('organisation', 'temoin-pins', 'organisation', pins);
  await add('server', 'temoin-intake', aud, { iss: aud, recipients: [recipient], at: clock.wall });
  return { keys, invitation, good, bad: await spoiled(good[1]?.jws ?? '', dev, seeds) };
}

/** Each must be refused when read as a `temoin-commitment` of the device. */
async function spoiled(jws: string, dev: string, seeds: Record<'device' | 'server', Uint8Array>) {
  const [head, body, signature] = jws.split('.') as [string, string, string];
  const header = (fields: object) => base64url(new TextEncoder().encode(JSON.stringify(fields)));
  const changed = `${body.slice(0, 40)}${body[40] === 'A' ? 'B' : 'A'}${body.slice(41)}`;
  return [
    { why: 'a changed byte of the payload', jws: `${head}.${changed}.${signature}` },
    { why: 'signed by another key', jws: await signJws('temoin-commitment', dev, {}, seeds.server) },
    { why: 'another type', jws: await signJws('temoin-prefix', dev, {}, seeds.device) },
    { why: 'another key id', jws: await signJws('temoin-commitment', 'new', {}, seeds.device) },
    { why: 'no algorithm', jws: `${header({ alg: 'none', typ: 'temoin-commitment', kid: dev })}.${body}.` },
    {
      why: 'the older name of the algorithm',
      jws: `${header({ alg: 'EdDSA', typ: 'temoin-commitment', kid: dev })}.${body}.${signature}`,
    },
    {
      why: 'a fourth header field',
      jws: `${header({ alg: 'Ed25519', typ: 'temoin-commitment', kid: dev, b64: false })}.${body}.${signature}`,
    },
    { why: 'padding', jws: `${jws}=` },
    { why: 'two parts', jws: `${head}.${body}` },
  ];
}

function entries() {
  const observation = 'ab'.repeat(16);
  const gps = { source: 'gps', lat: 50.95, lon: 1.87, accuracy: 12, at: 1763707260000 };
  const item = 'a1'.repeat(16);
  const data: [string, object][] = [
    ['open', {}],
    ['begin', { item, kind: 'film', mime: 'video/webm;codecs=vp8,opus', camera: 'environment' }],
    ['officer', { officer: 2, force: 'CRS', look: 'yellow bands, tall' }],
    [
      'rio',
      {
        officer: 2,
        status: 'READ_PART',
        asked: 'NOT_ASKED',
        pattern: '12?45?7',
        fragments: [{ digits: '345', anchor: 'start' }],
        unsure: [1],
        how: 'eye',
        checked: true,
        other: '',
      },
    ],
    [
      'rio',
      {
        officer: 3,
        status: 'NOT_WORN',
        asked: 'REFUSED',
        pattern: null,
        fragments: [],
        unsure: [],
        how: 'eye',
        checked: true,
        other: '',
      },
    ],
    [
      'unit',
      {
        officer: null,
        force: 'CRS',
        company: 'VII-36',
        back: '2B',
        vehicle: 'AA-123-AA',
        squadron: '',
        town: '',
        other: '',
      },
    ],
    ['code', { code: 'FOR-GAS', officer: null, basis: 'SAW' }],
    ['count', { what: 'tents', n: 14, qualifier: 'MIN' }],
    ['quote', { officer: 2, text: 'Dégagez d’ici « maintenant »', exact: true, lang: 'fr' }],
    ['note', { text: 'Deux tentes, 🏕 كلمة', later: false }],
    ['stopped', { item, why: 'hidden' }],
    ['end', { item, size: 1560000, sha256: 'Y'.repeat(43), gaps: [{ at: 60000, slice: 2 }], reason: 'stop' }],
    ['place', {}],
    ['finish', { by: 'person' }],
  ];
  const places = [gps, null, { source: 'site', site: 'BX' }];
  return data.map(([type, more], seq) => {
    const id = seq.toString(16).padStart(2, '0').repeat(16);
    const entry = {
      v: 1,
      type,
      id,
      observation,
      seq,
      trial: seq === 0,
      corrects: seq === 4 ? '03'.repeat(16) : null,
      clock,
      place: places[seq % 3],
      data: more,
    };
    return { name: `${seq} ${type}`, entry, text: JSON.stringify(entry) };
  });
}

/** `readable`: plaintext bytes that can be had of the first `cut` bytes of the file. */
async function age() {
  const identity = await generateX25519Identity();
  const other = await identityToRecipient(await generateX25519Identity());
  const recipients = [await identityToRecipient(identity), other];
  const files: object[] = [];
  for (const size of [0, 1, CHUNK + 1]) {
    const { head, body } = await seal(recipients, ruled(size));
    const file = concat(head, body);
    const start = head.length + 16;
    const cuts = [
      head.length,
      start,
      start + 15,
      start + SEALED_CHUNK - 1,
      start + SEALED_CHUNK,
      file.length - 1,
    ].filter((cut) => cut < file.length);
    files.push({
      name: `${size} bytes`,
      plain: { size, sha256: await sha256(ruled(size)) },
      head: { size: head.length, sha256: await sha256(head) },
      body: { size: body.length, sha256: await sha256(body) },
      file: base64url(file),
      cuts: cuts.map((cut) => ({ cut, readable: cut >= start + SEALED_CHUNK ? CHUNK : 0 })),
    });
  }
  const item = 'a1'.repeat(16);
  const tail = {
    item,
    offset: 3 * CHUNK,
    size: 500,
    file: base64url(await sealTail(recipients, item, 3 * CHUNK, ruled(500))),
  };
  return { identity, recipients, plaintext: 'byte i is (7 i + floor(i / 256)) mod 256', files, tail };
}
