/** Something shown only once, to take away: as a file or on paper. */
export function keepsakes(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-save]')) {
    button.hidden = false;
    button.addEventListener('click', () => save(button));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-paper]')) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
}

function save(button: HTMLButtonElement): void {
  const lines = [...document.querySelectorAll(`#${button.dataset.save} > li`)].map(
    (line) => line.textContent,
  );
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${lines.join('\n')}\n`], { type: 'text/plain' }));
  link.download = button.dataset.name ?? 'codes.txt';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
