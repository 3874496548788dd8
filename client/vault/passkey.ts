/** A vault under a passkey, by WebAuthn's PRF extension. Page only, and loaded only when asked for. */
import { Decrypter, Encrypter, generateX25519Identity, webauthn } from 'age-encryption';

/** Made only when the identity could be opened again: not every passkey that promises PRF keeps it. */
export async function makeUnderPasskey(
  name: string,
): Promise<{ identity: string; sealed: Uint8Array; passkey: string }> {
  const passkey = await webauthn.createCredential({ keyName: name });
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(new webauthn.WebAuthnRecipient({ identity: passkey }));
  const sealed = await encrypter.encrypt(identity);
  if ((await openWithPasskey(sealed, passkey)) !== identity) throw new Error('the passkey gave another key');
  return { identity, sealed, passkey };
}

export async function openWithPasskey(sealed: Uint8Array, passkey: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(new webauthn.WebAuthnIdentity({ identity: passkey }));
  return await decrypter.decrypt(sealed, 'text');
}
