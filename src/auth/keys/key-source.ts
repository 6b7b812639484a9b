import type { KeyObject } from 'node:crypto';
import type { FetchJson } from './fetch-json';
import { metadataUrl, readKeys, readMetadata, type Authority, type TokenVersion } from './key-set.rules';

/** How the keys are kept up to date; tests put other times in their place. */
export interface KeyTimings {
  now: () => number;
  /** For both documents together. */
  fetchDeadlineMs: number;
  refreshEveryMs: number;
  /** How long the last good set may serve while the authority can't be reached. */
  maxAgeMs: number;
  /** At most one refresh for unknown keys in this time. */
  unknownKeyPauseMs: number;
  firstRetryMs: number;
  maxRetryMs: number;
}

export const DEFAULT_TIMINGS: KeyTimings = {
  now: Date.now,
  fetchDeadlineMs: 3_000,
  refreshEveryMs: 30 * 60_000,
  maxAgeMs: 24 * 3_600_000,
  unknownKeyPauseMs: 30_000,
  firstRetryMs: 1_000,
  maxRetryMs: 60_000,
};

interface KeySet {
  issuer: string;
  keys: ReadonlyMap<string, KeyObject>;
  loadedAt: number;
}

/**
 * What is known about a token's key. `foreign_issuer`: the token is not of this issuer. `unavailable`: it can't be said now.
 * `not_asked_for`: it is not known, and the authority may not be asked again yet.
 */
export type KeyLookup =
  | { kind: 'key'; key: KeyObject; issuer: string }
  | { kind: 'unknown_key'; issuer: string }
  | { kind: 'foreign_issuer'; issuer: string }
  | { kind: 'not_asked_for'; retryAfterSeconds: number }
  | { kind: 'unavailable'; retryAfterSeconds: number };

export interface KeySourceStatus {
  usable: boolean;
  keyCount: number;
  /** null = never loaded. */
  ageSeconds: number | null;
  failuresInARow: number;
  /** Of the last refresh; null when it went well. */
  lastError: string | null;
}

/** Told of each finished refresh. */
export type RefreshListener = (error: Error | null) => void;

/**
 * The issuer and the signing keys for one kind of token. Serves the last good set, refreshes it in the background, and
 * asks for an unknown key at most once in a while. All that wait share one fetch.
 */
export class KeySource {
  private current: KeySet | null = null;
  private refreshing: Promise<boolean> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;
  private failures = 0;
  private lastError: string | null = null;
  private nextAttemptAt = 0;
  private lastUnknownKeyAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly version: TokenVersion,
    private readonly authority: Authority,
    private readonly fetchJson: FetchJson,
    private readonly timings: KeyTimings,
    private readonly onRefresh: RefreshListener,
  ) {}

  /** null until the metadata has been read. */
  get issuer(): string | null {
    return this.usableSet()?.issuer ?? null;
  }

  /** The key for a kid: at once when it is known, else after a fetch that may be shared. */
  find(kid: string): KeyLookup | Promise<KeyLookup> {
    const set = this.usableSet();
    const key = set?.keys.get(kid);
    if (set !== null && key !== undefined) return { kind: 'key', key, issuer: set.issuer };
    return set === null ? this.findCold(kid) : this.findUnknown(kid);
  }

  /** Loads the set, or joins the load that is under way; false when it failed. Never rejects. */
  refresh(): Promise<boolean> {
    this.refreshing ??= this.load().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  status(): KeySourceStatus {
    return {
      usable: this.usableSet() !== null,
      keyCount: this.current?.keys.size ?? 0,
      ageSeconds: this.current === null ? null : Math.round((this.timings.now() - this.current.loadedAt) / 1_000),
      failuresInARow: this.failures,
      lastError: this.lastError,
    };
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private async findCold(kid: string): Promise<KeyLookup> {
    if (this.mayAttempt()) await this.refresh();
    return this.lookUp(kid);
  }

  /**
   * A key that the last good set lacks. Fresh documents without it make it definitely unknown; while the authority can't be
   * reached, and in the pause after such a refresh, nobody can say.
   */
  private async findUnknown(kid: string): Promise<KeyLookup> {
    if (this.refreshing !== null) await this.refreshing;
    else if (this.failures > 0) {
      if (this.mayAttempt()) await this.refresh();
    } else {
      const pauseMs = this.lastUnknownKeyAt + this.timings.unknownKeyPauseMs - this.timings.now();
      if (pauseMs > 0) return { kind: 'not_asked_for', retryAfterSeconds: Math.ceil(pauseMs / 1_000) };
      this.lastUnknownKeyAt = this.timings.now();
      await this.refresh();
    }
    return this.lookUp(kid);
  }

  private lookUp(kid: string): KeyLookup {
    const set = this.usableSet();
    const key = set?.keys.get(kid);
    if (set !== null && key !== undefined) return { kind: 'key', key, issuer: set.issuer };
    if (set !== null && this.failures === 0) return { kind: 'unknown_key', issuer: set.issuer };
    const waitMs = Math.max(0, this.nextAttemptAt - this.timings.now());
    return { kind: 'unavailable', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) };
  }

  private mayAttempt(): boolean {
    return this.refreshing !== null || this.timings.now() >= this.nextAttemptAt;
  }

  private usableSet(): KeySet | null {
    const set = this.current;
    return set !== null && this.timings.now() - set.loadedAt <= this.timings.maxAgeMs ? set : null;
  }

  private async load(): Promise<boolean> {
    try {
      this.current = await this.fetchSet();
      this.succeeded();
      return true;
    } catch (error) {
      this.failed(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  private async fetchSet(): Promise<KeySet> {
    const loadedAt = this.timings.now();
    const deadline = AbortSignal.timeout(this.timings.fetchDeadlineMs);
    const document = await this.fetchJson(metadataUrl(this.authority, this.version), deadline);
    const { issuer, keysUrl } = readMetadata(document, this.authority, this.version);
    const keys = readKeys(await this.fetchJson(keysUrl, deadline), { issuer, tenantId: this.authority.tenantId });
    return { issuer, keys, loadedAt };
  }

  private succeeded(): void {
    this.failures = 0;
    this.lastError = null;
    this.nextAttemptAt = 0;
    this.schedule(this.timings.refreshEveryMs * (0.9 + 0.2 * Math.random()));
    this.onRefresh(null);
  }

  private failed(error: Error): void {
    this.failures += 1;
    this.lastError = error.message;
    const waitMs = Math.min(this.timings.maxRetryMs, this.timings.firstRetryMs * 2 ** (this.failures - 1));
    this.nextAttemptAt = this.timings.now() + waitMs;
    this.schedule(waitMs);
    this.onRefresh(error);
  }

  private schedule(waitMs: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.closed) return;
    this.timer = setTimeout(() => void this.refresh(), waitMs).unref();
  }
}
