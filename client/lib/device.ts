import { notify } from './notices';
import type { DeviceRow, Store } from './store';

/** Edits the device record if it is still the same enrolment. */
export async function changeDevice(store: Store, edits: Partial<DeviceRow>): Promise<void> {
  await store.write(['kept'], async (tx) => {
    const kept = tx.objectStore('kept');
    const device = (await kept.get('device')) as DeviceRow | undefined;
    if (device) await kept.put({ ...device, ...edits }, 'device');
  });
  notify('changed');
}
