import { hash } from 'node:crypto';
import type { BearerToken } from '../token/bearer.rules';

const MAX_TOKENS = 1_000;

/**
 * Knows the tokens that were found good of late, by a hash of their signatures. Says who comes first, never who comes in:
 * each call's token is verified all the same. Nobody can make up a token that it knows.
 */
export class VerifiedTokens {
  /** Those that were seen longest ago first. */
  private readonly hashes = new Set<string>();

  has(token: BearerToken): boolean {
    return this.hashes.has(hashOf(token));
  }

  add(token: BearerToken): void {
    const known = hashOf(token);
    this.hashes.delete(known);
    this.hashes.add(known);
    if (this.hashes.size > MAX_TOKENS) this.hashes.delete(this.hashes.values().next().value as string);
  }
}

function hashOf({ text }: BearerToken): string {
  return hash('sha256', text.slice(text.lastIndexOf('.') + 1), 'base64');
}
