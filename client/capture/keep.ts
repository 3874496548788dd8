/** Seals bytes that are there already: a still. */
import type { Depot } from '../lib/contracts';
import type { Diary } from './recording';
import type { Still } from './still';

export async function keepStill(
  depot: Pick<Depot, 'start'>,
  diary: Diary,
  still: Still,
  camera: string,
): Promise<string> {
  const observation = await diary.begin();
  const { mime, bytes, from } = still;
  const recording = await depot.start('photo', {
    observation: observation.id,
    mime,
    trial: observation.trial,
  });
  const { item } = recording;
  await diary.add('begin', { item, kind: 'photo', mime, camera, still: from });
  await recording.write(bytes);
  const { size, sha256, gaps } = await recording.finish();
  await diary.add('end', { item, size, sha256, gaps, reason: 'still' });
  return item;
}
