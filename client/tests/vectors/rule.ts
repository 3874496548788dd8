/** Plaintext of the age vectors: made by rule on both sides, so that only ciphertext is kept. */
export function ruled(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 7 + (i >> 8)) & 255;
  return bytes;
}
