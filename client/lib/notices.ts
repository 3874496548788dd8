/**
 * Over all tabs, workers and the service worker of this app: something changed; a recording has ended; wake up; a person
 * pressed Send; the one sender is at work, or at rest; is there a sender, and yes, here.
 */
export type Notice = 'changed' | 'ended' | 'kick' | 'pressed' | 'sending' | 'resting' | 'sender?' | 'sender!';

const CHANNEL = 'temoin';
let channel: BroadcastChannel | undefined;
const listeners = new Set<(notice: Notice) => void>();

function open(): BroadcastChannel {
  if (!channel) {
    channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = (event: MessageEvent<Notice>) => tell(event.data);
  }
  return channel;
}

function tell(notice: Notice): void {
  for (const listener of [...listeners]) listener(notice);
}

/** Tells every listener: here at once, elsewhere soon. */
export function notify(notice: Notice): void {
  open().postMessage(notice);
  tell(notice);
}

/** Returns the way to stop. */
export function onNotice(heard: (notice: Notice) => void): () => void {
  open();
  listeners.add(heard);
  return () => {
    listeners.delete(heard);
    if (listeners.size === 0) {
      channel?.close();
      channel = undefined;
    }
  };
}
