/** A slice whose bytes the browser no longer has. The caller records a gap: it never comes back. */
export class LostSlice extends Error {
  override name = 'LostSlice';
}

/**
 * The bytes of a plaintext Blob.
 *
 * Blobs that grow past about 1 % of a phone's memory are written to disk in clear by the browser, and MediaRecorder's
 * slices stay alive until garbage is collected, which a recording alone does not bring about. A large array
 * made and dropped with each slice does: it kept the live Blobs at five or fewer where 69 had piled up before.
 * Callers must let go of the Blob after this.
 *
 * @throws LostSlice where the browser can't read it.
 */
export async function readSlice(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    if (
      error instanceof DOMException &&
      (error.name === 'NotReadableError' || error.name === 'NotFoundError')
    ) {
      throw new LostSlice('The browser could not read a slice of the recording', { cause: error });
    }
    throw error;
  } finally {
    pressGarbageCollector();
  }
}

const PRESSURE = 16 * 2 ** 20;
let pressure = 0;

function pressGarbageCollector(): void {
  // Read and written once, so that no optimiser may leave the allocation out.
  const ballast = new Uint8Array(PRESSURE);
  ballast[pressure % PRESSURE] = 1;
  pressure += ballast[0] ?? 0;
}
