/** Keeps the screen awake while something is recorded: a dark phone records nothing. */

export class Wake {
  #lock: WakeLockSentinel | null = null;
  #wanted = false;

  constructor() {
    document.addEventListener('visibilitychange', () => {
      if (this.#wanted && !document.hidden) void this.#take();
    });
  }

  on(): void {
    this.#wanted = true;
    void this.#take();
  }

  off(): void {
    this.#wanted = false;
    void this.#lock?.release().catch(() => undefined);
    this.#lock = null;
  }

  async #take(): Promise<void> {
    if (this.#lock && !this.#lock.released) return;
    // Refused on low battery: recording goes on, the phone may darken.
    this.#lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
    if (!this.#wanted) this.off();
  }
}
