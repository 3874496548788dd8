/** Calls to the server. Only the Authorization header, no cookies, no cache. */
import { language } from './text';

/** No answer: no connection, a cut one, or the server is away. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

/** The server said no, with the code of docs/formats.md. `message` is for people, in their language. */
export class Refused extends Error {
  override name = 'Refused';
  readonly code: string;
  readonly status: number;
  /** Seconds that the server asks to wait, or null. */
  readonly after: number | null;

  constructor(code: string, status: number, message: string, after: number | null) {
    super(message);
    this.code = code;
    this.status = status;
    this.after = after;
  }
}

export interface Call {
  method?: string;
  token?: string | null;
  headers?: Record<string, string>;
  body?: BodyInit | null;
  /** Without an answer for this long the call is given up, ms. */
  patience?: number;
}

/** @throws Unreachable, Refused */
export async function call(
  path: string,
  { method = 'GET', token, headers = {}, body = null, patience = 30_000 }: Call = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...{
        method,
        body,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
      },
      headers: {
        'Accept-Language': language(),
        ...(token ? { Authorization: `Bearer ${token}`, 'Temoin-Build': BUILD } : {}),
        ...headers,
      },
      signal: AbortSignal.timeout(patience),
    });
  } catch (error) {
    throw new Unreachable('no answer', { cause: error });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<Refused> {
  const after = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  let [code, message] = [`http-${response.status}`, ''];
  try {
    const { error } = (await response.json()) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code === 'string') code = error.code;
    if (typeof error?.message === 'string') message = error.message;
  } catch {
    // A proxy's own page: the status has to do.
  }
  return new Refused(code, response.status, message, Number.isFinite(after) ? after : null);
}

/** When a question went out and its answer came, by both clocks of this phone; `time` is the server's. */
export interface Moments {
  time: number;
  sent: { wall: number; mono: number };
  received: { wall: number; mono: number };
}

/** A JSON question and its answer, with the moments that the clock offset is taken from. */
export async function ask<T>(
  path: string,
  { token, body, ...rest }: { method?: string; token?: string | null; body?: object; patience?: number } = {},
) {
  const moment = () => ({ wall: Date.now(), mono: performance.now() });
  const sent = moment();
  const response = await call(path, {
    ...rest,
    ...(token === undefined ? {} : { token }),
    ...(body
      ? { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
      : {}),
  });
  const received = moment();
  try {
    return { answer: (await response.json()) as T, sent, received };
  } catch (error) {
    throw new Unreachable('the answer was cut', { cause: error });
  }
}
