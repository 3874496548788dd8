// The peer of the intake figures: npm @tus/server with its file store, made to fsync its file after every PATCH, as
// Témoin does before it answers. Prints its port.
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

const directory = process.argv[2];

class DurableStore extends FileStore {
  async write(readable, id, offset) {
    const end = await super.write(readable, id, offset);
    const file = await open(join(directory, id), 'r+');
    await file.datasync();
    await file.close();
    return end;
  }
}

const tus = new Server({ path: '/api/files', datastore: new DurableStore({ directory }) });
const server = createServer((request, response) => tus.handle(request, response));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0));
