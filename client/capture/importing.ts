/** Files from the picker, read part by part into sealed storage. The first original stays where it was: a web page can't remove it. */
import type { Depot } from '../lib/contracts';
import { begin, breakOff } from './begin';
import { type Exif, lookForExif } from './exif';
import type { Diary } from './recording';

export const PART = 1024 * 1024;

export type Picker = 'files' | 'gallery';

export interface Progress {
  name: string;
  done: number;
  size: number;
  state: 'waiting' | 'reading' | 'sealed' | 'failed';
}

/** One after the other; a file that can't be read doesn't stop the rest. Resolves with what became of each. */
export async function importFiles(
  depot: Pick<Depot, 'start'>,
  diary: Diary,
  files: readonly File[],
  picker: Picker,
  seen: (progress: readonly Progress[]) => void,
): Promise<readonly Progress[]> {
  const all: Progress[] = files.map(({ name, size }) => ({ name, size, done: 0, state: 'waiting' }));
  seen(all);
  for (const [index, file] of files.entries()) {
    const progress = all[index] as Progress;
    progress.state = 'reading';
    seen(all);
    try {
      await importOne(depot, diary, file, picker, (done) => {
        progress.done = done;
        seen(all);
      });
      progress.state = 'sealed';
    } catch {
      progress.state = 'failed';
    }
    seen(all);
  }
  return all;
}

async function importOne(
  depot: Pick<Depot, 'start'>,
  diary: Diary,
  file: File,
  picker: Picker,
  done: (bytes: number) => void,
): Promise<void> {
  // A file that went away or is in a cloud that doesn't answer fails here, before anything is begun.
  const first = await part(file, 0);
  const mime = file.type || 'application/octet-stream';
  const recording = await begin(depot, diary, 'import', { mime });
  const { item } = recording;
  const exif: Exif = lookForExif(first, file.size);
  try {
    for (let at = 0; at < file.size; at += PART) {
      await recording.write(at === 0 ? first : await part(file, at));
      done(Math.min(file.size, at + PART));
    }
  } catch (error) {
    await breakOff(diary, recording);
    throw error;
  }
  const { size, sha256 } = await recording.finish();
  const modified = file.lastModified;
  await diary.add('import', { item, name: file.name, mime, picker, modified, size, sha256, exif });
}

async function part(file: File, at: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(at, at + PART).arrayBuffer());
}
