/** Force of an officer, as a native list: large, quick, and known to every thumb. */
import { catalogue } from '../lib/text';
import { el } from '../shell/dom';
import { label, lists } from './vocabulary';

const t = catalogue({
  en: { force: 'Force', none: 'Force?' },
  fr: { force: 'Corps', none: 'Corps ?' },
});

export function forceSelect(
  chosen: string,
  picked: (force: string) => void,
): { node: HTMLSelectElement; set: (force: string) => void } {
  const node = el(
    'select',
    { class: 'select', at: { 'aria-label': t('force') }, on: { change: () => picked(node.value) } },
    el('option', { at: { value: '' } }, t('none')),
    ...lists.force.map(({ code }) => el('option', { at: { value: code } }, label('force', code))),
  );
  node.value = chosen;
  return {
    node,
    set: (force) => {
      node.value = force;
    },
  };
}
