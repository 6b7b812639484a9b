import type { LocalIssuer } from '../../demo/issuer';
import { mutatedBody } from './mutate';
import { oddText } from './odd-values';
import { type Random, randomOf } from './random';
import { queryRequest } from './rest-requests';
import { oddCredential } from './tokens';

/** One request; printable ASCII in its path and Latin-1 in its headers. */
export interface FuzzRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
}

export interface FuzzCase {
  kind: 'payload' | 'token' | 'rest';
  request: FuzzRequest;
  /** Nobody may be let in by its token. */
  mustBeRefused: boolean;
}

export interface Tokens {
  webhook: string;
  /** Of one who may do everything that people may. */
  admin: string;
  issuer: LocalIssuer;
}

const WEBHOOK = '/api/v1/webhooks/azure-monitor';
const JSON_TYPE = 'application/json; charset=utf-8';

/** The case of this seed and number: the same wherever it is made, but for signatures and times of tokens. */
export function caseOf(
  { seed, index }: { seed: number; index: number },
  { tokens, samples }: { tokens: Tokens; samples: readonly unknown[] },
): FuzzCase {
  const random = randomOf(seed, index);
  return random.weighted<() => FuzzCase>([
    [70, () => payloadCase(random, tokens, samples)],
    [14, () => tokenCase(random, tokens, samples)],
    [16, () => ({ kind: 'rest', request: queryRequest(random, tokens.admin, samples), mustBeRefused: false })],
  ])();
}

function payloadCase(random: Random, { webhook }: Tokens, samples: readonly unknown[]): FuzzCase {
  const headers = {
    authorization: `Bearer ${webhook}`,
    'content-type': random.chance(0.98) ? JSON_TYPE : headerText(oddText(random)),
    ...(random.chance(0.05) ? { 'x-request-id': headerText(oddText(random)) } : {}),
    ...(random.chance(0.01) ? { 'content-encoding': random.pick(['gzip', 'identity', 'br']) } : {}),
  };
  const body = mutatedBody(random, random.pick(samples), samples);
  return { kind: 'payload', request: { method: 'POST', path: WEBHOOK, headers, body }, mustBeRefused: false };
}

function tokenCase(random: Random, { webhook, admin, issuer }: Tokens, samples: readonly unknown[]): FuzzCase {
  const isWebhook = random.chance(0.7);
  const { authorization, mustBeRefused } = oddCredential(random, isWebhook ? webhook : admin, issuer);
  const headers = { authorization: headerText(authorization, 20_000), 'content-type': JSON_TYPE };
  const request: FuzzRequest = isWebhook
    ? { method: 'POST', path: WEBHOOK, headers, body: Buffer.from(JSON.stringify(random.pick(samples))) }
    : { method: 'GET', path: '/api/v1/work-items?limit=1', headers: { authorization: headers.authorization } };
  return { kind: 'token', request, mustBeRefused };
}

/** What a client can put into a header at all: Latin-1 without controls. */
export function headerText(text: string, length = 500): string {
  return text
    .slice(0, length)
    .replace(/[^\x20-\x7e\xa0-\xff]/g, '?')
    .trim();
}
