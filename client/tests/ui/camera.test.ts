import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Loss, largestZoom, setZoom, watchStream } from '../../capture/camera';

class Track extends EventTarget {
  muted = false;
  asked: unknown[] = [];
  readonly capabilities: object;
  constructor(capabilities: object = {}) {
    super();
    this.capabilities = capabilities;
  }
  getCapabilities = () => this.capabilities;
  applyConstraints = async (wanted: unknown) => {
    this.asked.push(wanted);
  };
}
class Video {
  currentTime = 0;
  played = 0;
  getVideoPlaybackQuality = () => ({ totalVideoFrames: this.played });
  #next: (() => void) | null = null;
  requestVideoFrameCallback = (call: () => void) => {
    this.#next = call;
    return 1;
  };
  frame() {
    this.currentTime += 0.03;
    const call = this.#next;
    this.#next = null;
    call?.();
  }
}
const stream = (...tracks: Track[]) =>
  ({ getTracks: () => tracks, getVideoTracks: () => tracks }) as unknown as MediaStream;

let page: EventTarget & { hidden: boolean };
beforeEach(() => {
  vi.useFakeTimers();
  page = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', new EventTarget());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function watched(video: Video | null = null) {
  const track = new Track();
  const lost: Loss[] = [];
  const stop = watchStream(stream(track), video as unknown as HTMLVideoElement, (why) => lost.push(why));
  return { track, lost, stop };
}

describe('a camera that stops giving', () => {
  it('because the page is hidden', () => {
    const { lost } = watched();
    page.hidden = true;
    page.dispatchEvent(new Event('visibilitychange'));
    expect(lost).toEqual(['hidden']);
  });
  it('because a call takes the microphone: muted for more than a moment', () => {
    const { track, lost } = watched();
    track.muted = true;
    track.dispatchEvent(new Event('mute'));
    vi.advanceTimersByTime(900);
    expect(lost).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(lost).toEqual(['muted']);
  });
  it('not because a still mutes it for half a second', () => {
    const { track, lost } = watched();
    track.muted = true;
    track.dispatchEvent(new Event('mute'));
    vi.advanceTimersByTime(500);
    track.muted = false;
    vi.advanceTimersByTime(5000);
    expect(lost).toEqual([]);
  });
  it('because its track ended', () => {
    const { track, lost } = watched();
    track.dispatchEvent(new Event('ended'));
    expect(lost).toEqual(['ended']);
  });
  it('because no frame came for two seconds', () => {
    const video = new Video();
    const { lost } = watched(video);
    for (let n = 0; n < 50; n++) {
      vi.advanceTimersByTime(100);
      video.frame();
    }
    expect(lost).toEqual([]);
    vi.advanceTimersByTime(2600);
    expect(lost).toEqual(['frozen']);
  });
  it('not because the picture is covered: the player gets frames that nobody draws', () => {
    const video = new Video();
    const { lost } = watched(video);
    for (let n = 0; n < 100; n++) {
      vi.advanceTimersByTime(100);
      video.played += 3;
    }
    expect(lost).toEqual([]);
    vi.advanceTimersByTime(3000);
    expect(lost).toEqual(['frozen']);
  });
  it('not because the page itself stood still', () => {
    const video = new Video();
    const { lost } = watched(video);
    video.frame();
    // A phone that dozed: the clock jumped, no timer ran in between.
    vi.setSystemTime(Date.now() + 60_000);
    const real = performance.now;
    vi.spyOn(performance, 'now').mockImplementation(() => real.call(performance) + 60_000);
    vi.advanceTimersByTime(600);
    expect(lost).toEqual([]);
    vi.restoreAllMocks();
  });
  it('is told once, and not after one stopped watching', () => {
    const { track, lost, stop } = watched();
    track.dispatchEvent(new Event('ended'));
    track.dispatchEvent(new Event('ended'));
    expect(lost).toHaveLength(1);
    const other = watched();
    other.stop();
    other.track.dispatchEvent(new Event('ended'));
    expect(other.lost).toEqual([]);
    stop();
  });
});

describe('zoom', () => {
  it('counts from 1 where the camera counts from 100, and stays within its range', async () => {
    const track = new Track({ zoom: { min: 100, max: 400 } });
    expect(largestZoom(stream(track))).toBe(4);
    expect(await setZoom(stream(track), 2)).toBe(2);
    expect(await setZoom(stream(track), 9)).toBe(4);
    expect(track.asked).toEqual([{ advanced: [{ zoom: 200 }] }, { advanced: [{ zoom: 400 }] }]);
  });
  it('is left alone where the camera has none', async () => {
    const track = new Track();
    expect(largestZoom(stream(track))).toBe(1);
    expect(await setZoom(stream(track), 5)).toBe(1);
    expect(track.asked).toEqual([]);
  });
});
