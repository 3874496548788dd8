/** A photo at its full size under the pointer, and words where a browser can't show one. */
export function photos(): void {
  for (const image of document.querySelectorAll<HTMLImageElement>('img[data-zoom]')) {
    image.addEventListener('click', () => image.classList.toggle('full'));
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) void cannotShow(image);
    image.addEventListener('error', () => void cannotShow(image));
  }
}

/** Says in the place of a medium why it isn't seen: this browser can't show it, or the line broke on its way. */
export async function cannotShow(medium: HTMLMediaElement | HTMLImageElement): Promise<void> {
  medium.hidden = true;
  // The browser names one error for both, so one byte is asked for.
  const came = await fetch(medium.currentSrc || medium.src, { headers: { Range: 'bytes=0-0' } }).then(
    (answer) => answer.ok,
    () => false,
  );
  const words = medium.closest('.picture')?.querySelector<HTMLElement>(came ? '.cannot' : '.broken');
  if (words) words.hidden = false;
  words?.querySelector('button')?.addEventListener('click', () => location.reload());
  const controls = medium.closest('.medium')?.querySelector<HTMLElement>('[data-controls]');
  if (controls) controls.hidden = true;
}
