/** Témoin's phone API in memory, by docs/formats.md, with real signatures; and ways to make it fail. */

import { ed25519 } from '@noble/curves/ed25519.js';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { base64url, concat, sha256 } from '../../lib/bytes';
import { readJws, signJws } from '../../lib/jws';
import type { PublicJwk } from '../../lib/keys';
import { headLength } from '../../lib/stream';

interface Upload {
  item: string;
  tail: string | null;
  bytes: Uint8Array;
  length: number | null;
  receipt: string | null;
  refusals: number;
}

interface Party {
  secret: Uint8Array;
  jwk: PublicJwk;
}

function party(): Party {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return { secret, jwk: { kty: 'OKP', crv: 'Ed25519', x: base64url(ed25519.getPublicKey(secret)) } };
}

/** Asked before every call: null lets it through, a Response is given instead, an error breaks the line. */
export type Trouble = (
  method: string,
  path: string,
  headers: Headers,
  body: Uint8Array,
) => Response | Error | null | Promise<Response | Error | null>;

export class FakeServer {
  readonly id = 'e'.repeat(32);
  readonly keys = party();
  readonly organisation = party();
  readonly invitation = base64url(new Uint8Array(32).fill(9));
  custody = '';
  custodyIdentity = '';
  intakeIdentity = '';
  intake: string[] = [];
  devices = new Map<string, { key: PublicJwk; token: string }>();
  device = '';
  statements: { typ: string; says: Record<string, unknown>; jws: string }[] = [];
  uploads = new Map<string, Upload>();
  calls: { method: string; path: string; size: number }[] = [];
  backup = false;
  backedUpTo = 0;
  /** ms added to the server's clock. */
  ahead = 0;
  app: Record<string, unknown> = { name: 'Carnet', icon: 'page', rio_digits: 7 };
  pinnedAt = 1000;
  /** Signs receipts; a test may put a forger here. */
  signer = this.keys;
  trouble: Trouble = () => null;
  #log = 0;
  #made = 0;

  static async make(): Promise<FakeServer> {
    const server = new FakeServer();
    [server.custodyIdentity, server.intakeIdentity] = [
      await generateX25519Identity(),
      await generateX25519Identity(),
    ];
    server.custody = await identityToRecipient(server.custodyIdentity);
    server.intake = [await identityToRecipient(server.intakeIdentity)];
    return server;
  }

  /** Takes the place of `fetch`. */
  install(): void {
    globalThis.fetch = (async (input: string | URL | Request, init: RequestInit = {}) => {
      const url = new URL(String(input), 'https://phone.test');
      const method = init.method ?? 'GET';
      const body = new Uint8Array(await new Response(init.body ?? null).arrayBuffer());
      const headers = new Headers(init.headers);
      this.calls.push({ method, path: url.pathname, size: body.length });
      const trouble = await this.trouble(method, url.pathname, headers, body);
      if (trouble instanceof Response) return trouble;
      if (trouble) throw new TypeError('network');
      return await this.answer(method, url.pathname, headers, body);
    }) as typeof fetch;
  }

  async answer(method: string, path: string, headers: Headers, body: Uint8Array): Promise<Response> {
    const json = () => JSON.parse(new TextDecoder().decode(body)) as Record<string, never>;
    if (path === '/api/time') return Response.json({ time: this.now() });
    if (path === '/api/enrol') return await this.#enrol(json());
    const token = headers.get('Authorization')?.slice(7);
    const known = [...this.devices].find(([, device]) => device.token === token);
    if (!known) return refuse(401, 'no-token');
    this.device = known[0];
    if (path === '/api/pins')
      return Response.json({ ...(await this.lists()), time: this.now(), retired: false });
    if (path === '/api/statements') return await this.#statements(json());
    if (path === '/api/status') return await this.#status(json());
    if (path === '/api/files') return await this.#create(headers, body);
    const upload = this.uploads.get(path);
    if (!upload) return refuse(404, 'not-found');
    if (method === 'HEAD')
      return new Response(null, { status: 200, headers: { 'Upload-Offset': String(upload.bytes.length) } });
    return await this.#append(upload, headers, body);
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  async lists(organisation: Party = this.organisation, signer: Party = organisation) {
    const pins = {
      v: 1,
      server: this.id,
      name: 'Test',
      server_key: this.keys.jwk,
      custody: [this.custody],
      practice: true,
      at: this.pinnedAt,
    };
    const intake = { iss: this.id, recipients: this.intake, at: this.pinnedAt };
    return {
      pins: await signJws('temoin-pins', 'organisation', pins, signer.secret),
      intake: await signJws('temoin-intake', this.id, intake, this.keys.secret),
      organisation_key: organisation.jwk,
      app: this.app,
    };
  }

  /** Set back to an older state: the last uploads and log entries are gone. */
  restore(log: number): void {
    for (const [url, upload] of this.uploads) {
      const says = JSON.parse(
        Buffer.from(upload.receipt?.split('.')[1] ?? 'e30', 'base64url').toString(),
      ) as { log?: { index: number } };
      if (!says.log || says.log.index >= log) this.uploads.delete(url);
    }
    this.#log = log;
  }

  get log(): number {
    return this.#log;
  }

  stranger(): Party {
    return party();
  }

  item(id: string): Upload | undefined {
    return [...this.uploads.values()].find((upload) => upload.item === id && upload.tail === null);
  }

  tails(id: string): Upload[] {
    return [...this.uploads.values()].filter((upload) => upload.item === id && upload.tail !== null);
  }

  async #enrol({ secret, statement }: { secret?: string; statement?: string }): Promise<Response> {
    if (secret !== this.invitation) return refuse(404, 'invitation-unknown');
    const payload = JSON.parse(
      Buffer.from(String(statement).split('.')[1] ?? '', 'base64url').toString(),
    ) as { key: PublicJwk; invitation: string };
    await readJws(statement, { typ: 'temoin-enrolment', kid: 'new', key: payload.key });
    if (payload.invitation !== (await sha256(secret))) return refuse(422, 'bad-statement');
    const device = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
    this.devices.set(device, { key: payload.key, token: `token-${device}` });
    return Response.json(
      { device, token: `token-${device}`, server: this.id, ...(await this.lists()) },
      { status: 201 },
    );
  }

  async #statements({ statements }: { statements?: string[] }): Promise<Response> {
    const results: object[] = [];
    for (const jws of statements ?? []) {
      const { typ, kid } = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()) as {
        typ: string;
        kid: string;
      };
      const handedOver = this.statements.some(
        (one) => one.typ === 'temoin-handover' && one.says.dev === this.device && one.says.from === kid,
      );
      const key = this.devices.get(kid)?.key;
      if (!key || (kid !== this.device && !handedOver)) {
        results.push({ error: { code: 'bad-signature' } });
        continue;
      }
      const says = await readJws(jws, { typ, kid, key });
      if (!this.statements.some((one) => one.jws === jws)) this.statements.push({ typ, says, jws });
      const items = (says.items ?? [says.item]) as { id: string }[];
      const receipt = {
        iss: this.id,
        dev: kid,
        statement: await sha256(jws),
        at: this.now(),
        log: this.#place(),
      };
      const isCommitment = typ === 'temoin-commitment' || typ === 'temoin-prefix';
      if (isCommitment)
        results.push({
          receipt: await signJws(
            'temoin-commitment-receipt',
            this.id,
            { ...receipt, ids: items.map(({ id }) => id) },
            this.signer.secret,
          ),
        });
      else results.push({ accepted: await sha256(jws) });
    }
    return Response.json({ results, time: this.now() });
  }

  async #status({ ids }: { ids?: string[] }): Promise<Response> {
    const items: Record<string, object> = {};
    for (const id of ids ?? []) {
      const [url, upload] = [...this.uploads].find(([, one]) => one.item === id && one.tail === null) ?? [];
      items[id] = {
        offset: upload?.bytes.length ?? null,
        upload: url ?? null,
        receipt: upload?.receipt ?? null,
      };
    }
    const seen = { size: this.#log, hash: 'h'.repeat(43) };
    return Response.json({
      items,
      backed_up_to: this.backedUpTo,
      backup: this.backup,
      seen,
      time: this.now(),
    });
  }

  async #create(headers: Headers, body: Uint8Array): Promise<Response> {
    const metadata = new Map(
      (headers.get('Upload-Metadata') ?? '').split(',').map((pair) => pair.split(' ') as [string, string]),
    );
    const item = atob(metadata.get('item') ?? '');
    const tail = metadata.has('tail') ? atob(metadata.get('tail') ?? '') : null;
    let [url, upload] =
      tail === null
        ? ([...this.uploads].find(([, one]) => one.item === item && one.tail === null) ?? [])
        : [];
    if (!url || !upload) {
      url = `/api/files/${this.#made++}`;
      const length = headers.get('Upload-Length');
      upload = {
        item,
        tail,
        bytes: new Uint8Array(),
        length: length === null ? null : Number(length),
        receipt: null,
        refusals: 0,
      };
      this.uploads.set(url, upload);
    }
    const done = upload.bytes.length === 0 && body.length > 0 ? await this.#take(upload, body) : null;
    if (done && !done.ok) return done;
    return new Response(null, {
      status: 201,
      headers: { ...this.#told(upload), Location: `http://inside:8000${url}` },
    });
  }

  async #append(upload: Upload, headers: Headers, body: Uint8Array): Promise<Response> {
    if (Number(headers.get('Upload-Offset')) !== upload.bytes.length) return refuse(409, 'offset');
    const length = headers.get('Upload-Length');
    if (length !== null) upload.length = Number(length);
    return (
      (await this.#take(upload, body)) ?? new Response(null, { status: 204, headers: this.#told(upload) })
    );
  }

  #told(upload: Upload): Record<string, string> {
    return {
      'Upload-Offset': String(upload.bytes.length),
      ...(upload.receipt ? { 'Temoin-Receipt': upload.receipt } : {}),
    };
  }

  async #take(upload: Upload, body: Uint8Array): Promise<Response | null> {
    upload.bytes = concat(upload.bytes, body);
    if (upload.length !== upload.bytes.length || upload.tail !== null || upload.receipt) return null;
    const at = headLength(upload.bytes);
    const [head, body_] = [upload.bytes.slice(0, at), upload.bytes.slice(at)];
    const found = {
      head: { size: head.length, sha256: await sha256(head) },
      body: { size: body_.length, sha256: await sha256(body_) },
    };
    const said = this.statements
      .filter(({ typ }) => typ === 'temoin-commitment')
      .flatMap(({ says }) => says.items as { id: string; head: object; body: object }[])
      .findLast(({ id }) => id === upload.item);
    const match = said && JSON.stringify([said.head, said.body]) === JSON.stringify([found.head, found.body]);
    if (said && !match && upload.refusals++ === 0) {
      upload.bytes = new Uint8Array();
      return refuse(409, 'differs-from-commitment');
    }
    const attested = match ? 'match' : said ? 'differs' : 'none';
    const receipt = {
      iss: this.id,
      dev: this.device,
      id: upload.item,
      ...found,
      attested,
      at: this.now(),
      log: this.#place(),
    };
    upload.receipt = await signJws('temoin-storage-receipt', this.id, receipt, this.signer.secret);
    return null;
  }

  #place() {
    return { index: this.#log++, hash: 'l'.repeat(43) };
  }
}

export function refuse(status: number, code: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { code, message: `refused: ${code}` } }, { status, headers });
}
