/** A login link keeps its secret in the fragment: taken from there into the form, and out of the address at once. */
export function enter(): void {
  const form = document.querySelector('form[data-from-fragment]');
  const field = form?.querySelector<HTMLInputElement>('input[name="secret"]');
  const secret = location.hash.slice(1);
  if (!field || !secret) return;
  field.value = secret;
  history.replaceState(null, '', location.pathname + location.search);
  form?.querySelector('button')?.focus();
}
