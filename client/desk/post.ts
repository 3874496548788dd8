/** A request of the page itself, with the token against forged ones. Null where the server can't or won't answer. */
export async function post<T>(address: string, body?: object): Promise<T | null> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      keepalive: true,
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/json',
        'X-CSRFToken': document.body.dataset.csrf ?? '',
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return response.ok ? ((await response.json()) as T) : null;
  } catch {
    return null;
  }
}
