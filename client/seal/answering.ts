/** A worker's half of a line (line.ts): questions in, answers out. */
interface Question {
  n: number;
}

/** @param act what the worker does with one question; what it throws reaches the page by name and message */
export function answering<Q extends Question>(act: (question: Q) => Promise<unknown>): void {
  const scope = self as unknown as DedicatedWorkerGlobalScope;
  scope.onmessage = async (event: MessageEvent<Q>) => {
    const { n } = event.data;
    try {
      const answer = await act(event.data);
      // A bare array of bytes is given away rather than copied.
      scope.postMessage({ n, answer }, answer instanceof Uint8Array ? [answer.buffer as ArrayBuffer] : []);
    } catch (error) {
      const { name, message } =
        error instanceof Error || error instanceof DOMException ? error : new Error(String(error));
      scope.postMessage({ n, error: { name, message } });
    }
  };
}
