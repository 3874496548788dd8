/** Seals bytes that are there already: a still. */
import type { Depot } from '../lib/contracts';
import { begin, breakOff } from './begin';
import type { Diary } from './recording';
import type { Still } from './still';

export async function keepStill(
  depot: Pick<Depot, 'start'>,
  diary: Diary,
  still: Still,
  camera: string,
): Promise<string> {
  const { mime, bytes, from } = still;
  const recording = await begin(depot, diary, 'photo', { mime, camera, still: from });
  const { item } = recording;
  try {
    await recording.write(bytes);
  } catch (error) {
    await breakOff(diary, recording);
    throw error;
  }
  const { size, sha256, gaps } = await recording.finish();
  await diary.add('end', { item, size, sha256, gaps, reason: 'still' });
  return item;
}
