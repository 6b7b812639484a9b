import { createHmac } from 'node:crypto';
import type { LocalIssuer } from '../../demo/issuer';
import { oddText, oddValue, objectOf } from './odd-values';
import type { Random } from './random';

/** The `Authorization` header of a case, and whether nobody may be let in by it. */
export interface Credential {
  authorization: string;
  mustBeRefused: boolean;
}

type Json = Record<string, unknown>;

const CLAIMS = [
  'aud',
  'iss',
  'iat',
  'nbf',
  'exp',
  'azp',
  'azpacr',
  'oid',
  'sub',
  'roles',
  'scp',
  'tid',
  'ver',
  'idtyp',
  'name',
  'appid',
];
const TIMES = [0, -1, 1e12, 1e308, 2 ** 53, '1', null, [], {}, 1.5];

/** Makes a good token into one that is not, or into one that a careless authority could have issued. */
export function oddCredential(random: Random, token: string, issuer: LocalIssuer): Credential {
  return random.weighted<() => Credential>([
    [6, () => changedPart(random, token)],
    [4, () => changedHeader(random, token)],
    [5, () => changedClaims(random, token, issuer)],
    [4, () => ({ authorization: badScheme(random, token), mustBeRefused: true })],
  ])();
}

/** One of the three parts, as text. What still decodes to the same signature is as good as before. */
function changedPart(random: Random, token: string): Credential {
  const parts = token.split('.');
  const at = random.below(3);
  const part = parts[at] as string;
  const index = random.below(part.length);
  const changed = random.weighted<() => string>([
    [
      5,
      () =>
        part.slice(0, index) +
        random.pick(['A', 'z', '_', '-', '+', '=', '.', '%', ' ', '\u00ff']) +
        part.slice(index + 1),
    ],
    [1, () => part.slice(0, index)],
    [1, () => `${part}${random.pick(['=', '==', 'A', 'AAAA'])}`],
    [1, () => ''],
    [1, () => part + part],
  ])();
  const text = parts.with(at, changed).join('.');
  const isSameSignature =
    at === 2 && Buffer.from(changed, 'base64url').equals(Buffer.from(part, 'base64url')) && /^[\w-]*$/.test(changed);
  return { authorization: `Bearer ${text}`, mustBeRefused: text !== token && !isSameSignature };
}

function changedHeader(random: Random, token: string): Credential {
  const [head, payload, signature] = token.split('.') as [string, string, string];
  const header = decoded(head);
  const change = random.weighted<() => Json>([
    [2, () => ({ alg: random.pick(['none', 'None', 'HS256', 'RS384', 'ES256', 'PS256', '', null, 1, ['RS256']]) })],
    [2, () => ({ kid: oddValue(random) })],
    [1, () => ({ typ: oddValue(random) })],
    [1, () => ({ crit: ['exp'], jku: 'https://attacker.example/keys', jwk: { kty: 'oct', k: 'AA' }, x5c: ['AA'] })],
    [1, () => objectOf([['__proto__', { alg: 'none' }]])],
  ])();
  const input = `${encoded({ ...header, ...change })}.${payload}`;
  const signed = random.pick([signature, '', createHmac('sha256', 'secret').update(input).digest('base64url')]);
  return { authorization: `Bearer ${input}.${signed}`, mustBeRefused: true };
}

/** Signed again, so that it is judged by what it says. */
function changedClaims(random: Random, token: string, issuer: LocalIssuer): Credential {
  const claims = decoded(token.split('.')[1] as string);
  const changes = Object.fromEntries(
    Array.from({ length: 1 + random.below(2) }, () => {
      const name = random.pick(CLAIMS);
      const isTime = ['iat', 'nbf', 'exp'].includes(name) && random.chance(0.7);
      return [name, isTime ? random.pick(TIMES) : random.chance(0.2) ? undefined : oddValue(random)];
    }),
  );
  const text = JSON.stringify(changes);
  // A header that is too long for the server's parser says nothing about the claims.
  const fitting = text.length > 6_000 ? { name: oddText(random).slice(0, 1_000) } : changes;
  return { authorization: `Bearer ${issuer.mint({ claims: { ...claims, ...fitting } })}`, mustBeRefused: false };
}

function badScheme(random: Random, token: string): string {
  return random.pick([
    ...['', 'Bearer', 'Bearer ', `bearer\t${token}`, `Basic ${token}`, token, `Bearer ${token},Bearer ${token}`],
    ...[
      `Bearer ${token} x`,
      `Bearer\u00a0${token}`,
      `Bearer ${'a.'.repeat(9_000)}`,
      `Bearer ${'A'.repeat(17_000)}.A.A`,
    ],
    ...['Bearer ..', 'Bearer a.b.c', `Bearer ${encoded({ alg: 'none' })}.${encoded({})}.`, `Bearer ${token}.${token}`],
    `Bearer ${Buffer.from('{"alg":"RS256","typ":"JWT","kid":"x"}').toString('base64url')}.${Buffer.from('['.repeat(9_000)).toString('base64url')}.AAAA`,
  ]);
}

function decoded(part: string): Json {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Json;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
