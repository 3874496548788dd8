/**
 * Passkeys: the browser's own dialogue, asked with what the server gives and answered by a form. Without scripts, or where
 * a browser has no passkeys, the form stays hidden and the six digits do.
 */
import { base64url } from 'jose';

interface Described {
  id: string;
  type: 'public-key';
}

interface Options {
  challenge: string;
  rpId?: string;
  rp?: PublicKeyCredentialRpEntity;
  user?: { id: string; name: string; displayName: string };
  pubKeyCredParams?: PublicKeyCredentialParameters[];
  excludeCredentials?: Described[];
  allowCredentials?: Described[];
  authenticatorSelection?: AuthenticatorSelectionCriteria;
  userVerification?: UserVerificationRequirement;
  timeout?: number;
}

export function passkeys(): void {
  if (!('credentials' in navigator) || !('PublicKeyCredential' in window)) return;
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void answer(form);
    });
  }
}

async function answer(form: HTMLFormElement): Promise<void> {
  const failed = form.querySelector<HTMLElement>('[data-failed]');
  if (failed) failed.hidden = true;
  try {
    const options = await ask(form);
    const made =
      form.dataset.passkey === 'make'
        ? await navigator.credentials.create({ publicKey: toMake(options) })
        : await navigator.credentials.get({ publicKey: toUse(options) });
    const field = form.querySelector<HTMLInputElement>('input[name="answer"]');
    if (!(made instanceof PublicKeyCredential) || !field) throw new Error('no passkey');
    field.value = JSON.stringify(asJson(made));
    form.submit();
  } catch {
    // Given up in the browser's dialogue, or no such key here: said in words, and the digits still work.
    if (failed) failed.hidden = false;
  }
}

async function ask(form: HTMLFormElement): Promise<Options> {
  const token = form.querySelector<HTMLInputElement>('input[name="csrf_token"]')?.value ?? '';
  const response = await fetch(form.dataset.ask ?? '', {
    method: 'POST',
    headers: { Accept: 'application/json', 'X-CSRFToken': token },
  });
  if (!response.ok) throw new Error('refused');
  return (await response.json()) as Options;
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(base64url.decode(text));
}

function described(keys: Described[] | undefined): PublicKeyCredentialDescriptor[] {
  return (keys ?? []).map((key) => ({ type: key.type, id: bytes(key.id) }));
}

function toMake(options: Options): PublicKeyCredentialCreationOptions {
  const { rp, user } = options;
  if (!rp || !user) throw new Error('not a question that can be answered');
  return {
    rp,
    user: { ...user, id: bytes(user.id) },
    challenge: bytes(options.challenge),
    pubKeyCredParams: options.pubKeyCredParams ?? [],
    excludeCredentials: described(options.excludeCredentials),
    attestation: 'none',
    ...(options.authenticatorSelection ? { authenticatorSelection: options.authenticatorSelection } : {}),
    ...(options.timeout ? { timeout: options.timeout } : {}),
  };
}

function toUse(options: Options): PublicKeyCredentialRequestOptions {
  return {
    challenge: bytes(options.challenge),
    allowCredentials: described(options.allowCredentials),
    ...(options.rpId ? { rpId: options.rpId } : {}),
    ...(options.userVerification ? { userVerification: options.userVerification } : {}),
    ...(options.timeout ? { timeout: options.timeout } : {}),
  };
}

function text(buffer: ArrayBuffer | null): string | undefined {
  return buffer ? base64url.encode(new Uint8Array(buffer)) : undefined;
}

/** As the WebAuthn recommendation writes it, for browsers that don't do it themselves. */
function asJson(made: PublicKeyCredential): object {
  const { response } = made;
  const said =
    response instanceof AuthenticatorAssertionResponse
      ? {
          authenticatorData: text(response.authenticatorData),
          signature: text(response.signature),
          userHandle: text(response.userHandle),
        }
      : { attestationObject: text((response as AuthenticatorAttestationResponse).attestationObject) };
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    clientExtensionResults: {},
    response: { clientDataJSON: text(response.clientDataJSON), ...said },
  };
}
