/** Light, contrast and sharpness for the eye: a filter over what is shown, never part of what is cut. */
import { need } from './footage-words';

export function eye(root: HTMLElement, over: () => Iterable<HTMLElement>): () => void {
  const inputs = [...root.querySelectorAll<HTMLInputElement>('[data-eye]')];
  const value = (name: string) => inputs.find((input) => input.dataset.eye === name);
  const on = (name: string) => value(name)?.checked ?? false;
  const filter = (): string => {
    const parts = [
      on('sharpen') && 'url(#sharper)',
      value('brightness')?.value !== '100' && `brightness(${value('brightness')?.value}%)`,
      value('contrast')?.value !== '100' && `contrast(${value('contrast')?.value}%)`,
      on('grey') && 'grayscale(1)',
      on('invert') && 'invert(1)',
    ];
    return parts.filter(Boolean).join(' ');
  };
  const draw = () => {
    const wanted = filter();
    for (const node of over()) node.style.filter = wanted;
    need(root, '[data-eye-mark]').hidden = wanted === '';
  };
  for (const input of inputs) input.addEventListener('input', draw);
  need(root, '[data-eye-reset]').addEventListener('click', () => {
    for (const input of inputs)
      if (input.type === 'checkbox') input.checked = false;
      else input.value = '100';
    draw();
  });
  return draw;
}
