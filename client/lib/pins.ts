/**
 * The keys that this phone trusts. The organisation's key is pinned at enrolment and signs who may open originals
 * (custody) and which server key to listen to; the server's key signs the intake recipients of the month.
 * A change without the right signature is refused and said: it is how a seized or forged server would ask for
 * recordings to be sealed to itself.
 */
import { BadStatement, readJws } from './jws';

export interface Pins {
  server: string;
  name: string;
  serverKey: JsonWebKey;
  custody: string[];
  practice: boolean;
  at: number;
}

export interface Intake {
  recipients: string[];
  at: number;
}

/** `code` says which list was refused. */
export class RefusedPins extends Error {
  override name = 'RefusedPins';
  readonly code: 'organisation-key' | 'bad-pins' | 'bad-intake' | 'wrong-server';

  constructor(code: RefusedPins['code'], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** @throws RefusedPins */
export async function readPins(jws: string, organisation: JsonWebKey): Promise<Pins> {
  try {
    const says = await readJws(jws, { typ: 'temoin-pins', kid: 'organisation', key: organisation });
    const { v, server, name, server_key: serverKey, custody, practice, at } = says;
    if (
      v !== 1 ||
      typeof server !== 'string' ||
      typeof name !== 'string' ||
      typeof practice !== 'boolean' ||
      typeof at !== 'number'
    ) {
      throw new BadStatement('the list of keys is incomplete');
    }
    if (typeof serverKey !== 'object' || serverKey === null)
      throw new BadStatement('the server key is missing');
    return { server, name, serverKey: serverKey as JsonWebKey, custody: recipients(custody), practice, at };
  } catch (error) {
    throw new RefusedPins('bad-pins', error);
  }
}

/** @throws RefusedPins */
export async function readIntake(jws: string, pins: Pick<Pins, 'server' | 'serverKey'>): Promise<Intake> {
  try {
    const says = await readJws(jws, { typ: 'temoin-intake', kid: pins.server, key: pins.serverKey });
    if (says.iss !== pins.server || typeof says.at !== 'number') throw new BadStatement('not of this server');
    return { recipients: recipients(says.recipients), at: says.at };
  } catch (error) {
    throw new RefusedPins('bad-intake', error);
  }
}

export const sameKey = (a: JsonWebKey, b: JsonWebKey): boolean =>
  a.kty === b.kty && a.crv === b.crv && a.x === b.x;

function recipients(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 4)
    throw new BadStatement('no recipients');
  for (const one of value) {
    if (typeof one !== 'string' || !/^age1[02-9ac-hj-np-z]{58}$/.test(one))
      throw new BadStatement('not a recipient');
  }
  return value as string[];
}
