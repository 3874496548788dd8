/** A photo at its full size under the pointer, and words where a browser can't show one. */
export function photos(): void {
  for (const image of document.querySelectorAll<HTMLImageElement>('img[data-zoom]')) {
    image.addEventListener('click', () => image.classList.toggle('full'));
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) cannotShow(image);
    image.addEventListener('error', () => cannotShow(image));
  }
}

/** Says that this browser can't show a medium, in its place. */
export function cannotShow(medium: HTMLElement): void {
  medium.hidden = true;
  const words = medium.closest('.picture')?.querySelector<HTMLElement>('.cannot');
  if (words) words.hidden = false;
  const controls = medium.closest('.medium')?.querySelector<HTMLElement>('[data-controls]');
  if (controls) controls.hidden = true;
}
