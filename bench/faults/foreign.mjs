// npm tus-js-client as a foreign phone. Order on the command line: { endpoint, token, file, mode, url }.
// Modes: "whole", "stop" (gives up half-way and says where), "resume" (goes on from `url`), "stream" (length not known).
import { createReadStream, statSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { Upload } from 'tus-js-client';

const { endpoint, token, file, mode, url } = JSON.parse(process.argv[2]);
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
const size = statSync(file).size;

// Of a file whose length it is not told, 4.3.1 announces a whole last part and sends less: so a stream that is no file.
const source = createReadStream(file);
const upload = new Upload(mode === 'stream' ? source.pipe(new PassThrough()) : source, {
  endpoint,
  ...(mode === 'resume' ? { uploadUrl: url } : {}),
  ...(mode === 'stream' ? { uploadLengthDeferred: true } : { uploadSize: size }),
  headers: { Authorization: `Bearer ${token}` },
  chunkSize: 512 * 1024,
  retryDelays: Array(40).fill(50),
  storeFingerprintForResuming: false,
  onShouldRetry: () => true,
  onError: (error) => {
    say({ error: String(error) });
    process.exit(1);
  },
  onSuccess: () => {
    say({ url: upload.url });
    process.exit(0);
  },
  onChunkComplete: async (_chunk, accepted) => {
    if (mode !== 'stop' || accepted < size / 2) return;
    await upload.abort();
    say({ url: upload.url, accepted });
    process.exit(0);
  },
});
upload.start();
