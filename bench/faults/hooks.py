"""What a test does to a page before it loads. None of it is in the app."""

from __future__ import annotations

# When a recorder was told to start, whose own `start` event comes 0.1 to 0.2 s after its first frame; and a browser
# that knows one container for film only (`onlyFilm`).
RECORDER = """(() => {
  const { start } = MediaRecorder.prototype;
  MediaRecorder.prototype.start = function (...rest) {
    globalThis.began = Date.now();
    return start.apply(this, rest);
  };
  const can = MediaRecorder.isTypeSupported.bind(MediaRecorder);
  MediaRecorder.isTypeSupported = (type) =>
    (type.startsWith('audio') || type.startsWith(globalThis.onlyFilm ?? '')) && can(type);
})()"""

# A device clock that somebody sets while the app runs.
CLOCK = """(() => {
  const now = Date.now.bind(Date);
  const Real = Date;
  globalThis.shifted = Number(sessionStorage.getItem('shifted') ?? 0);
  const shift = () => now() + globalThis.shifted;
  globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [shift()])); }
    static now() { return shift(); }
  };
})()"""

# Databases can be closed underneath, as iOS does under memory pressure.
DATABASES = """(() => {
  const { open } = IDBFactory.prototype;
  const all = new Set();
  IDBFactory.prototype.open = function (...given) {
    const request = open.apply(this, given);
    request.addEventListener('success', () => all.add(request.result));
    return request;
  };
  globalThis.closeDatabases = () => {
    for (const one of all) { one.close(); one.dispatchEvent(new Event('close')); }
    all.clear();
  };
})()"""
