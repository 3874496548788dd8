/**
 * Where the phone is, while an observation is open and only then. Refusing blocks nothing: an entry then has the
 * coded site as typed, or no fix. Kept in memory only.
 */
import type { Place } from '../lib/contracts';

/** A fix older than this says where the phone was, not where it is. */
const STALE = 5 * 60_000;

export type Fix = 'off' | 'looking' | 'found' | 'refused' | 'none';

export class PlaceWatch {
  #watch: number | null = null;
  #last: Extract<Place, { source: 'gps' }> | null = null;
  #site = '';
  #fix: Fix = 'off';
  readonly #seen: () => void;

  constructor(seen: () => void) {
    this.#seen = seen;
  }

  get fix(): Fix {
    if (this.#fix === 'found' && !this.#fresh()) return 'looking';
    return this.#fix;
  }

  /** Metres, while the fix is fresh. */
  get accuracy(): number | null {
    return this.#fresh() ? (this.#last?.accuracy ?? null) : null;
  }

  get site(): string {
    return this.#site;
  }

  /** The coded site, as typed. Empty takes it back. */
  setSite(site: string): void {
    this.#site = site.trim();
    this.#seen();
  }

  start(): void {
    if (this.#watch !== null) return;
    if (!('geolocation' in navigator)) {
      this.#fix = 'none';
      return;
    }
    this.#fix = 'looking';
    this.#watch = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => {
        this.#last = {
          source: 'gps',
          lat: coords.latitude,
          lon: coords.longitude,
          accuracy: Math.round(coords.accuracy),
          at: Math.round(timestamp),
        };
        this.#fix = 'found';
        this.#seen();
      },
      (error) => {
        this.#fix = error.code === error.PERMISSION_DENIED ? 'refused' : 'looking';
        this.#seen();
      },
      { enableHighAccuracy: true, maximumAge: 10_000 },
    );
  }

  stop(): void {
    if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = null;
    this.#last = null;
    this.#site = '';
    this.#fix = 'off';
  }

  /** What an entry made now says. A site that was typed was meant: it goes before the fix of a satellite. */
  now(): Place | null {
    if (this.#site) return { source: 'site', site: this.#site };
    return this.#fresh() ? this.#last : null;
  }

  #fresh(): boolean {
    return this.#last !== null && Date.now() - this.#last.at < STALE;
  }
}
