/** Holds the unlocked vault. The page ends this worker to lock: its whole memory goes with it. */
import { Store } from './lib/store';
import { answering } from './seal/answering';
import { Keeper } from './vault/keeper';
import type { VaultAnswers, VaultRequest, VaultVerb } from './vault/protocol';

const store = new Store();
let keeper: Keeper | undefined;

answering(act);

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
