import { jsonFetcher } from './fetch-json';
import type { TokenVersion } from './key-set.rules';
import {
  DEFAULT_TIMINGS,
  KeySource,
  type KeyLookup,
  type KeySourceStatus,
  type KeyTimings,
  type RefreshListener,
} from './key-source';

export interface KeyRingOptions {
  /** Without a slash at its end. */
  authority: string;
  /** PEM of a private authority's CA. */
  authorityCa: string | null;
  /** Lower case. */
  tenantId: string;
  timings?: Partial<KeyTimings>;
  onRefresh?: (version: TokenVersion, error: Error | null) => void;
}

export interface KeyRingStatus {
  /** Some token can be judged now. */
  usable: boolean;
  v1: KeySourceStatus;
  v2: KeySourceStatus;
}

/**
 * The signing keys of our tenant, one object per tenant, after the caching algorithm that Microsoft publishes for
 * validators ("Signing key rollover"): load at start, refresh in the background, serve the last good set up to 24 hours.
 * v1 tokens are held against v1 metadata and v2 tokens against v2 metadata.
 */
export class KeyRing {
  private readonly sources: Record<TokenVersion, KeySource>;

  constructor(options: KeyRingOptions) {
    const authority = { url: options.authority, tenantId: options.tenantId };
    const timings = { ...DEFAULT_TIMINGS, ...options.timings };
    const fetchJson = jsonFetcher(options.authorityCa);
    const source = (version: TokenVersion): KeySource => {
      const onRefresh: RefreshListener = (error) => options.onRefresh?.(version, error);
      return new KeySource(version, authority, fetchJson, timings, onRefresh);
    };
    this.sources = { v1: source('v1'), v2: source('v2') };
  }

  /** Loads both sets. Never rejects; what failed is tried again in the background. */
  async warmUp(): Promise<void> {
    await Promise.all([this.sources.v1.refresh(), this.sources.v2.refresh()]);
  }

  /**
   * The key for a token, by the issuer that it claims (an unknown one: by the version that it claims). The token still has
   * to be held against the issuer of the answer.
   */
  find(token: { kid: string; iss: unknown; ver: unknown }): KeyLookup | Promise<KeyLookup> {
    const source = this.sourceFor(token);
    const { issuer } = source;
    if (issuer !== null && issuer !== token.iss) return { kind: 'foreign_issuer', issuer };
    return source.find(token.kid);
  }

  /** The issuer that a token has to be held against; null while it is not known. */
  issuerFor(token: { iss?: unknown; ver?: unknown }): string | null {
    return this.sourceFor({ iss: token.iss, ver: token.ver }).issuer;
  }

  status(): KeyRingStatus {
    const [v1, v2] = [this.sources.v1.status(), this.sources.v2.status()];
    return { usable: v1.usable || v2.usable, v1, v2 };
  }

  close(): void {
    this.sources.v1.close();
    this.sources.v2.close();
  }

  private sourceFor({ iss, ver }: { iss: unknown; ver: unknown }): KeySource {
    const { v1, v2 } = this.sources;
    if (v1.issuer !== null && v1.issuer === iss) return v1;
    if (v2.issuer !== null && v2.issuer === iss) return v2;
    return ver === '1.0' ? v1 : v2;
  }
}
