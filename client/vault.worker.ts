/** Holds the unlocked vault. The page ends this worker to lock: its whole memory goes with it. */
import { Store } from './lib/store';
import { Keeper } from './vault/keeper';
import type { VaultAnswer, VaultAnswers, VaultRequest, VaultVerb } from './vault/protocol';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const store = new Store();
let keeper: Keeper | undefined;

scope.onmessage = async (event: MessageEvent<VaultRequest>) => {
  const { n } = event.data;
  try {
    const answer = await act(event.data);
    const reply: VaultAnswer = { n, answer };
    scope.postMessage(reply, answer instanceof Uint8Array ? [answer.buffer as ArrayBuffer] : []);
  } catch (error) {
    const { name, message } =
      error instanceof Error || error instanceof DOMException ? error : new Error(String(error));
    scope.postMessage({ n, error: { name, message } } satisfies VaultAnswer);
  }
};

async function act(request: VaultRequest): Promise<VaultAnswers[VaultVerb]> {
  switch (request.verb) {
    case 'create': {
      const made = await Keeper.create(store, request.ask.passphrase);
      keeper = made.keeper;
      return { recipient: keeper.recipient, sealed: made.sealed };
    }
    case 'unlock':
      keeper = await Keeper.unlock(store, request.ask.sealed, request.ask.passphrase);
      return { recipient: keeper.recipient };
    case 'take':
      keeper = await Keeper.of(store, request.ask.identity);
      return { recipient: keeper.recipient };
    case 'size':
      return await unlocked().size(request.ask.item);
    case 'read': {
      const { item, from, length } = request.ask;
      // A copy of exactly these bytes: its buffer is given away, and must not carry a whole chunk along.
      return (await unlocked().read(item, from, length)).slice();
    }
  }
}

function unlocked(): Keeper {
  if (!keeper) throw new Error('the vault is locked');
  return keeper;
}
