import { sign, type KeyObject } from 'node:crypto';

export type Json = Record<string, unknown>;
export type TokenVersion = 1 | 2;

/** A key that signs, and the name that it is published under. */
export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/** A compact JWS (RFC 7515) with RS256. */
export function signToken(header: Json, claims: Json, privateKey: KeyObject): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

function encode(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Who a token is for and what it says; all that is left out is filled in as Entra would. */
export interface TokenContent {
  version: TokenVersion;
  issuer: string;
  tenantId: string;
  audience: string;
  appId: string;
  /** Object id of the service principal or of the user. */
  objectId: string;
  roles: readonly string[];
  /** Given: a user's token, for these delegated permissions. */
  scope?: string;
  name?: string;
  issuedAt: number;
  lifetimeSeconds: number;
}

/**
 * The claims of an access token in Entra's two versions. Source: Microsoft Learn, "Access token claims reference". An
 * application's token has `sub` = `oid`, no `scp`; a user's `sub` is pairwise, so it differs from `oid`.
 */
export function accessTokenClaims(content: TokenContent): Json {
  const user = content.scope !== undefined;
  return {
    aud: content.audience,
    iss: content.issuer,
    iat: content.issuedAt,
    nbf: content.issuedAt,
    exp: content.issuedAt + content.lifetimeSeconds,
    ...(content.version === 1
      ? { appid: content.appId, appidacr: user ? '1' : '2', idp: content.issuer }
      : { azp: content.appId, azpacr: user ? '1' : '2' }),
    oid: content.objectId,
    sub: user ? `pairwise-${content.objectId}` : content.objectId,
    ...(content.roles.length > 0 ? { roles: content.roles } : {}),
    ...(user ? { scp: content.scope, name: content.name ?? 'A User' } : {}),
    tid: content.tenantId,
    uti: Buffer.from(content.objectId).toString('base64url').slice(0, 22),
    ver: content.version === 1 ? '1.0' : '2.0',
  };
}
