/** Measures of an age file's body (age-encryption.org/v1). Apart from stream.ts, so that pages need not load its ciphers. */

export const CHUNK = 65536;
export const TAG = 16;
export const NONCE = 16;
/** A sealed chunk that is not the last. */
export const SEALED_CHUNK = CHUNK + TAG;
