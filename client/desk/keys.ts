/** The keys of a player, for one film and for several in step, and when keys are somebody's words. */
export const PLAYER: Record<string, string> = {
  ' ': 'play',
  ',': 'frame-back',
  '.': 'frame-next',
  ArrowLeft: 'back',
  ArrowRight: 'next',
  '[': 'slower',
  ']': 'faster',
};

export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && !!target.closest('input, textarea, select, [contenteditable]');
}
