/** How each photo, film, sound and import begins, and how one ends that can't go on. */
import type { Depot, MediaKind, Recording } from '../lib/contracts';
import type { Diary } from './recording';

export interface About {
  mime: string;
  /** Of a film or still. */
  camera?: string;
  /** Where a still comes from. */
  still?: string;
}

/** Opens an item and says in the journal what it is. */
export async function begin(
  depot: Pick<Depot, 'start'>,
  diary: Diary,
  kind: MediaKind,
  about: About,
): Promise<Recording> {
  const { id: observation, trial } = await diary.begin();
  const recording = await depot.start(kind, { observation, mime: about.mime, trial });
  const say = () => diary.add('begin', { item: recording.item, kind, ...about });
  try {
    // Twice: a database that was closed underneath is open again at the second try.
    await say().catch(say);
    return recording;
  } catch (error) {
    await recording.finish().catch(() => undefined);
    throw error;
  }
}

/** What was written stays, with its size and hash. Left open it would count as being recorded while the page lives. */
export async function breakOff(diary: Diary, recording: Recording): Promise<void> {
  const { size, sha256, gaps } = await recording.finish();
  await diary.add('end', { item: recording.item, size, sha256, gaps, reason: 'phone' });
}
