export { LocalIssuer, createSigningKey, publicJwk } from './local-issuer';
export type { IssuerApp, LocalIssuerOptions, MintOptions } from './local-issuer';
export type { SigningKey } from './tokens';
