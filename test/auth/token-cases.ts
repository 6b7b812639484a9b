import { createHmac, createPublicKey, sign } from 'node:crypto';
import { createSigningKey, type LocalIssuer, type MintOptions, type SigningKey } from '../../demo/issuer';
import type { RefusalReason } from '../../src/auth/refusal';
import { aUser, azureMonitor, RESOURCE, TENANT } from './support';

/** Something that a caller may send, and what becomes of it. */
export interface TokenCase {
  name: string;
  route: 'webhook' | 'viewer';
  /** The value of the Authorization header; several: so many headers. */
  authorization: (issuer: LocalIssuer) => string | string[];
  /** null = accepted. */
  refused: RefusalReason | null;
  query?: string;
  body?: unknown;
}

const now = (): number => Math.floor(Date.now() / 1_000);
const HOUR = 3_600;
const stranger = createSigningKey();
const encode = (text: string): string => Buffer.from(text).toString('base64url');

const webhookToken = (options: MintOptions) => (issuer: LocalIssuer) => `Bearer ${issuer.mint(azureMonitor(options))}`;
const viewerToken = (options: MintOptions) => (issuer: LocalIssuer) =>
  `Bearer ${issuer.mint(aUser(['Viewer'], options))}`;
const parts = (issuer: LocalIssuer, options: MintOptions = {}): string[] =>
  issuer.mint(azureMonitor(options)).split('.');

/** A token of any texts, signed as it should be. */
function signed(issuer: LocalIssuer, texts: { header?: string; payload?: string }, key = keyOf(issuer)): string {
  const [header, payload] = parts(issuer);
  const input = `${texts.header === undefined ? header : encode(texts.header)}.${texts.payload === undefined ? payload : encode(texts.payload)}`;
  return `Bearer ${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}

function keyOf(issuer: LocalIssuer): SigningKey {
  return issuer.keys.at(-1) as SigningKey;
}

/** The header and the claims of a good token as texts, to be tampered with. */
function texts(issuer: LocalIssuer): { header: string; payload: string } {
  const [header, payload] = parts(issuer).map((part) => Buffer.from(part, 'base64url').toString());
  return { header: header as string, payload: payload as string };
}

/** The old trick: the public key as the secret of an HMAC. */
function hmacWithPublicKey(issuer: LocalIssuer): string {
  const publicKey = createPublicKey(keyOf(issuer).privateKey).export({ type: 'spki', format: 'pem' });
  const [, payload] = parts(issuer);
  const input = `${encode(JSON.stringify({ typ: 'JWT', alg: 'HS256', kid: keyOf(issuer).kid }))}.${payload}`;
  return `Bearer ${input}.${createHmac('sha256', publicKey).update(input).digest('base64url')}`;
}

type Row = [name: string, authorization: TokenCase['authorization'], more?: Pick<TokenCase, 'query' | 'body'>];

const table = (route: TokenCase['route'], refused: TokenCase['refused'], rows: readonly Row[]): TokenCase[] =>
  rows.map(([name, authorization, more]) => ({ name, route, authorization, refused, ...more }));

const raw = (change: (token: string, issuer: LocalIssuer) => string | string[]): TokenCase['authorization'] => {
  return (issuer) => change(issuer.mint(azureMonitor()), issuer);
};

const accepted = table('webhook', null, [
  ['version 1', webhookToken({ version: 1 })],
  ['version 2', webhookToken({ version: 2 })],
  ['the scheme in lower case', raw((token) => `bearer ${token}`)],
  ['the scheme in upper case', raw((token) => `BEARER ${token}`)],
  ['an x5t that is not the kid', webhookToken({ version: 1, header: { x5t: 'another' } })],
  ['a jku, which is ignored', webhookToken({ header: { jku: 'https://attacker.example/keys' } })],
  [
    'a jwk, x5u and x5c, which are ignored',
    webhookToken({ header: { jwk: {}, x5u: 'https://x.example', x5c: ['AA=='] } }),
  ],
  ['an unknown header member', webhookToken({ header: { nonce: 'n' } })],
  ['aud as a list of one', webhookToken({ claims: { aud: [RESOURCE.clientId] } })],
  ['the other accepted audience', webhookToken({ audience: RESOURCE.identifierUri })],
  ['exp 30 s ago, within the tolerance', webhookToken({ issuedAt: now() - HOUR - 30 })],
  ['nbf 30 s ahead, within the tolerance', webhookToken({ issuedAt: now() + 30 })],
  ['no nbf', webhookToken({ claims: { nbf: undefined } })],
  ['no iat', webhookToken({ claims: { iat: undefined } })],
  ['exp with a fraction', webhookToken({ claims: { exp: now() + HOUR + 0.5 } })],
  ['a life of 28 hours', webhookToken({ lifetimeSeconds: 28 * HOUR })],
  ['unknown claims', webhookToken({ claims: { aio: 'x', rh: {}, xms_new: [1] } })],
  ['the application id in upper case', webhookToken({ claims: { azp: azureMonitor().appId?.toUpperCase() } })],
  ['tid in upper case', webhookToken({ claims: { tid: TENANT.toUpperCase() } })],
  ['idtyp app', webhookToken({ claims: { idtyp: 'app' } })],
  ['idtyp app, and sub differs from oid', webhookToken({ claims: { idtyp: 'app', sub: 'pairwise' } })],
  ['azp and an equal appid', webhookToken({ claims: { appid: azureMonitor().appId } })],
  ['azpacr 1, a secret', webhookToken({ claims: { azpacr: '1' } })],
  ['further roles', webhookToken({ roles: ['Other', 'ActionGroupsSecureWebhook'] })],
  ['text beyond ASCII', webhookToken({ claims: { app_displayname: 'Überwachung 監視 🚨' } })],
  ['nearly 16 KB', webhookToken({ claims: { padding: 'x'.repeat(11_000) } })],
  ['two spaces', raw((token) => `Bearer  ${token}`)],
  ['a token in the body, too', raw((token) => `Bearer ${token}`), { body: { access_token: 'not looked at' } }],
  ['a token in the query, too', raw((token) => `Bearer ${token}`), { query: '?access_token=not-looked-at' }],
  [
    'a claim twice: the last one counts',
    (issuer) => {
      const { payload } = texts(issuer);
      return signed(issuer, { payload: `{"aud":"api://someone-else",${payload.slice(1)}` });
    },
  ],
]);

const malformedHeader = table('webhook', 'malformed', [
  ['no Authorization header', () => []],
  ['two Authorization headers', raw((token) => [`Bearer ${token}`, 'Bearer second'])],
  ['the same Authorization header twice', raw((token) => [`Bearer ${token}`, `Bearer ${token}`])],
  ['an empty header', () => ''],
  ['a scheme alone', () => 'Bearer'],
  ['another scheme', raw((token) => `Basic ${token}`)],
  ['no scheme', raw((token) => token)],
  ['a tab', raw((token) => `Bearer\t${token}`)],
  ['a space and a tab', raw((token) => `Bearer \t${token}`)],
  ['a list', raw((token) => `Bearer ${token}, Bearer ${token}`)],
  ['a parameter behind', raw((token) => `Bearer ${token} realm=x`)],
  ['quotes', raw((token) => `Bearer "${token}"`)],
  ['a token in the query alone', () => [], { query: '?access_token=eyJ.eyJ.x' }],
  ['a token in the body alone', () => [], { body: { access_token: 'eyJ.eyJ.x' } }],
  ['two parts', raw((token) => `Bearer ${token.split('.').slice(0, 2).join('.')}`)],
  ['four parts', raw((token) => `Bearer ${token}.AAAA`)],
  ['five parts, an encrypted token', raw((token) => `Bearer ${token}.AAAA.AAAA`)],
  ['an empty signature', raw((token) => `Bearer ${token.slice(0, token.lastIndexOf('.') + 1)}`)],
  ['padding', raw((token) => `Bearer ${token}==`)],
  ['base64 that is not base64url', raw((token) => `Bearer ${token.slice(0, -2)}+/`)],
  ['a part that no bytes encode to', raw((token) => `Bearer ${token}AAA`)],
  ['more than 16 KB', webhookToken({ claims: { padding: 'x'.repeat(13_000) } })],
  ['a header that is not JSON', (issuer) => signed(issuer, { header: 'not json' })],
  ['a header that is a list', (issuer) => signed(issuer, { header: '[]' })],
  ['a header that is null', (issuer) => signed(issuer, { header: 'null' })],
  ['a payload that is not JSON', (issuer) => signed(issuer, { payload: 'not json' })],
  ['a payload that is a list', (issuer) => signed(issuer, { payload: '[]' })],
  ['a payload that is a text', (issuer) => signed(issuer, { payload: '"text"' })],
  ['a payload that is null', (issuer) => signed(issuer, { payload: 'null' })],
  ['alg none', webhookToken({ header: { alg: 'none' } })],
  ['alg None', webhookToken({ header: { alg: 'None' } })],
  ['alg HS256 with the public key as the secret', hmacWithPublicKey],
  ['alg RS384', webhookToken({ header: { alg: 'RS384' } })],
  ['alg PS256', webhookToken({ header: { alg: 'PS256' } })],
  ['alg ES256', webhookToken({ header: { alg: 'ES256' } })],
  ['alg in lower case', webhookToken({ header: { alg: 'rs256' } })],
  ['alg as a list', webhookToken({ header: { alg: ['RS256'] } })],
  ['no alg', webhookToken({ header: { alg: undefined } })],
  [
    'alg twice, the last one none',
    (issuer) => signed(issuer, { header: texts(issuer).header.replace('}', ',"alg":"none"}') }),
  ],
  ['typ at+jwt', webhookToken({ header: { typ: 'at+jwt' } })],
  ['typ in lower case', webhookToken({ header: { typ: 'jwt' } })],
  ['no typ', webhookToken({ header: { typ: undefined } })],
  ['no kid', webhookToken({ header: { kid: undefined } })],
  ['kid as a number', webhookToken({ header: { kid: 1 } })],
  ['an empty kid', webhookToken({ header: { kid: '' } })],
  ['a kid of 300 characters', webhookToken({ header: { kid: 'k'.repeat(300) } })],
  ['a kid with a line break', webhookToken({ header: { kid: 'a\nb' } })],
  ['crit that names a claim', webhookToken({ header: { crit: ['exp'] } })],
  ['an empty crit', webhookToken({ header: { crit: [] } })],
  ['crit b64 (RFC 7797)', webhookToken({ header: { crit: ['b64'], b64: true } })],
]);

const badSignature = table('webhook', 'bad_signature', [
  ['another key under a published kid', (issuer) => signed(issuer, {}, stranger)],
  [
    'altered claims',
    (issuer) => {
      const [header, , signature] = parts(issuer);
      return `Bearer ${header}.${parts(issuer, { roles: ['ActionGroupsSecureWebhook', 'Admin'] })[1]}.${signature}`;
    },
  ],
  ['a shortened signature', raw((token) => `Bearer ${token.slice(0, -8)}`)],
  ['a signature of zeros', (issuer) => `Bearer ${parts(issuer).slice(0, 2).join('.')}.${'A'.repeat(342)}`],
  ['a key that the token brings along', withOwnKey],
]);

/** `jwk` in the header holds the key that signed; the kid is one of the issuer's. */
function withOwnKey(issuer: LocalIssuer): string {
  const jwk = createPublicKey(stranger.privateKey).export({ format: 'jwk' });
  return `Bearer ${issuer.mint(azureMonitor({ signingKey: stranger, header: { kid: keyOf(issuer).kid, jwk } }))}`;
}

/** To write such a value down with JSON.stringify would exhaust the stack. */
function deepAudience(issuer: LocalIssuer): string {
  const deep = `${'['.repeat(5_500)}${']'.repeat(5_500)}`;
  return signed(issuer, { payload: texts(issuer).payload.replace(/"aud":"[^"]*"/, `"aud":${deep}`) });
}

const badClaims = [
  ...table('webhook', 'unknown_key', [
    ['a key that nobody published', webhookToken({ signingKey: stranger })],
    // Of the other version: keys of one are not asked for twice in 30 seconds, and nobody can say until then.
    ['a kid of the prototype', webhookToken({ version: 1, header: { kid: 'constructor' } })],
  ]),
  ...table('webhook', 'aud_mismatch', [
    ['another audience', webhookToken({ audience: 'api://someone-else' })],
    ['no audience', webhookToken({ claims: { aud: undefined } })],
    ['an audience that begins like ours', webhookToken({ audience: `${RESOURCE.identifierUri}-test` })],
    ['the audience in another case', webhookToken({ audience: RESOURCE.identifierUri.toUpperCase() })],
    ['a list of audiences with ours', webhookToken({ claims: { aud: ['api://x', RESOURCE.clientId] } })],
    ['an empty list of audiences', webhookToken({ claims: { aud: [] } })],
    ['Microsoft Graph as the audience', webhookToken({ audience: '00000003-0000-0000-c000-000000000000' })],
    ['an audience nested as deep as fits', deepAudience],
    ['spn: before our id', webhookToken({ audience: `spn:${RESOURCE.clientId}` })],
  ]),
  ...table('webhook', 'iss_mismatch', [
    [
      'the issuer of another tenant',
      (issuer) =>
        webhookToken({ claims: { iss: issuer.issuerOf(2).replace(TENANT, '99999999-0000-4000-8000-999999999999') } })(
          issuer,
        ),
    ],
    [
      'an issuer with a slash too many',
      (issuer) => webhookToken({ claims: { iss: `${issuer.issuerOf(2)}/` } })(issuer),
    ],
    ['no issuer', webhookToken({ claims: { iss: undefined } })],
    ['a list of issuers', (issuer) => webhookToken({ claims: { iss: [issuer.issuerOf(2)] } })(issuer)],
    ['ver 1.0 by the issuer of version 2', webhookToken({ claims: { ver: '1.0' } })],
    ['ver 2.0 by the issuer of version 1', webhookToken({ version: 1, claims: { ver: '2.0' } })],
    ['no ver', webhookToken({ claims: { ver: undefined } })],
    ['another tid', webhookToken({ claims: { tid: '99999999-0000-4000-8000-999999999999' } })],
    ['no tid', webhookToken({ claims: { tid: undefined } })],
  ]),
  ...table('webhook', 'expired', [
    ['exp an hour ago', webhookToken({ issuedAt: now() - 2 * HOUR })],
    ['exp 61 s ago, just past the tolerance', webhookToken({ issuedAt: now() - HOUR - 61 })],
    ['exp 0', webhookToken({ claims: { exp: 0, nbf: undefined } })],
    ['a negative exp', webhookToken({ claims: { exp: -1, nbf: undefined } })],
  ]),
  ...table('webhook', 'not_yet_valid', [
    ['nbf in an hour', webhookToken({ claims: { nbf: now() + HOUR - 5 } })],
    ['iat in an hour', webhookToken({ claims: { iat: now() + HOUR } })],
  ]),
  ...table('webhook', 'malformed', [
    ['no exp', webhookToken({ claims: { exp: undefined } })],
    ['exp as a text', webhookToken({ claims: { exp: String(now() + HOUR) } })],
    ['exp null', webhookToken({ claims: { exp: null } })],
    [
      'an endless exp',
      (issuer) => signed(issuer, { payload: texts(issuer).payload.replace(/"exp":\d+/, '"exp":1e400') }),
    ],
    ['exp in three days', webhookToken({ lifetimeSeconds: 72 * HOUR })],
    ['nbf as a text', webhookToken({ claims: { nbf: 'now' } })],
    ['nbf null', webhookToken({ claims: { nbf: null } })],
    ['nbf false', webhookToken({ claims: { nbf: false } })],
    ['nbf behind exp', webhookToken({ claims: { nbf: now() + 2 * HOUR } })],
    ['iat as a text', webhookToken({ claims: { iat: 'now' } })],
  ]),
];

const wrongCaller = [
  ...table('webhook', 'app_not_allowed', [
    ['an application that is not on the allowlist', webhookToken({ appId: '99999999-0000-4000-8000-000000000001' })],
    ['no azp', webhookToken({ claims: { azp: undefined } })],
    ['azp as a number', webhookToken({ claims: { azp: 1 } })],
    ['an empty azp', webhookToken({ claims: { azp: '' } })],
    ['azp and another appid', webhookToken({ claims: { appid: '99999999-0000-4000-8000-000000000001' } })],
    [
      'version 1 with azp in place of appid',
      webhookToken({ version: 1, claims: { appid: undefined, azp: azureMonitor().appId } }),
    ],
    ['azpacr 0, a public client', webhookToken({ claims: { azpacr: '0' } })],
    ['appidacr 0, a public client', webhookToken({ version: 1, claims: { appidacr: '0' } })],
  ]),
  ...table('webhook', 'role_missing', [
    ['no roles', webhookToken({ roles: [] })],
    ['another role', webhookToken({ roles: ['Viewer'] })],
    ['the role in another case', webhookToken({ roles: ['actiongroupssecurewebhook'] })],
    ['roles as a text', webhookToken({ claims: { roles: 'ActionGroupsSecureWebhook' } })],
    ['roles as an object', webhookToken({ claims: { roles: { 0: 'ActionGroupsSecureWebhook' } } })],
    ['Admin in place of the role', webhookToken({ roles: ['Admin'] })],
  ]),
  ...table('webhook', 'user_token', [
    ['scp', webhookToken({ scope: 'user_impersonation' })],
    ['an empty scp', webhookToken({ claims: { scp: '' } })],
    ['scp null', webhookToken({ claims: { scp: null } })],
    ['idtyp user', webhookToken({ claims: { idtyp: 'user' } })],
    ['an unknown idtyp', webhookToken({ claims: { idtyp: 7 } })],
    ['oid that is not sub, without idtyp', webhookToken({ claims: { sub: 'pairwise' } })],
    ['no oid, without idtyp', webhookToken({ claims: { oid: undefined } })],
    ['neither oid nor sub', webhookToken({ claims: { oid: undefined, sub: undefined } })],
  ]),
  ...table('viewer', 'role_missing', [
    ['a user without roles', viewerToken({ roles: [] })],
    ['a user with the webhook role', viewerToken({ roles: ['ActionGroupsSecureWebhook'] })],
    ['Azure Monitor', webhookToken({})],
  ]),
];

/** Every case that the specification of the guard names, and what people who attack validators try. */
export const TOKEN_CASES: readonly TokenCase[] = [
  ...accepted,
  ...table('viewer', null, [
    ['a user of version 1', viewerToken({ version: 1 })],
    ['a user of version 2', viewerToken({ version: 2 })],
    ['an application with the role', (issuer) => `Bearer ${issuer.mint({ roles: ['Viewer'] })}`],
  ]),
  ...malformedHeader,
  ...badSignature,
  ...badClaims,
  ...wrongCaller,
];
