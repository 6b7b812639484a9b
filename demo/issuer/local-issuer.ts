import { createHash, generateKeyPairSync, randomUUID, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServerCertificate } from './certificate';
import { accessTokenClaims, signToken, type Json, type SigningKey, type TokenVersion } from './tokens';

/** An application that may ask for tokens with its secret. */
export interface IssuerApp {
  appId: string;
  secret: string;
  /** App roles that it was given on the receiver. */
  roles?: readonly string[];
  /** Object id of its service principal; made up when left out. */
  objectId?: string;
}

export interface LocalIssuerOptions {
  tenantId: string;
  apps?: readonly IssuerApp[];
  /** The receiver's registration. As in Entra, its token version (not the endpoint that was asked) decides. */
  resource?: { identifierUri: string; clientId: string; tokenVersion: TokenVersion };
  /** Default: any free port of the loopback interface. */
  port?: number;
  host?: string;
}

export interface MintOptions {
  version?: TokenVersion;
  appId?: string;
  audience?: string;
  roles?: readonly string[];
  objectId?: string;
  /** Given: a user's token. */
  scope?: string;
  name?: string;
  lifetimeSeconds?: number;
  /** Seconds since 1970; default: now. */
  issuedAt?: number;
  /** Members to replace; `undefined` leaves one out. */
  claims?: Json;
  header?: Json;
  /** Default: the newest published key. */
  signingKey?: SigningKey;
}

export interface Answer {
  status: number;
  body: unknown;
}

const DEFAULT_RESOURCE = {
  identifierUri: 'api://secure-export',
  clientId: '5ec04e00-0000-4000-8000-000000000001',
  tokenVersion: 2 as const,
};
const LIFETIME_SECONDS = 3_600;
const MAX_FORM_BYTES = 16_384;

/**
 * Stands in for Microsoft Entra ID on a developer's machine: metadata, keys and the client-credentials grant at Entra's
 * paths, over TLS by a CA of its own ({@link caPem}, for `AZURE_AD_CA_FILE`). Anyone on the machine who knows an app's
 * secret gets a token, so it refuses to start where NODE_ENV is production.
 */
export class LocalIssuer {
  readonly resource: NonNullable<LocalIssuerOptions['resource']>;
  /** The signing keys that are published, the newest last. */
  readonly keys: SigningKey[] = [];
  private server: Server;
  private certificateOfCa: string;

  protected constructor(protected readonly options: LocalIssuerOptions) {
    this.resource = options.resource ?? DEFAULT_RESOURCE;
    this.keys.push(createSigningKey());
  }

  static async start(options: LocalIssuerOptions): Promise<LocalIssuer> {
    const issuer = new LocalIssuer(options);
    await issuer.listen();
    return issuer;
  }

  /** For `AZURE_AD_AUTHORITY`. */
  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  get caPem(): string {
    return this.certificateOfCa;
  }

  issuerOf(version: TokenVersion): string {
    return version === 1 ? `${this.url}/${this.options.tenantId}/` : `${this.url}/${this.options.tenantId}/v2.0`;
  }

  /** Any token that Entra could issue, and by `claims` and `header` many that it could not. */
  mint(options: MintOptions = {}): string {
    const version = options.version ?? this.resource.tokenVersion;
    const key = options.signingKey ?? this.newestKey();
    const claims = accessTokenClaims({
      version,
      issuer: this.issuerOf(version),
      tenantId: this.options.tenantId,
      audience: options.audience ?? (version === 1 ? this.resource.identifierUri : this.resource.clientId),
      appId: options.appId ?? randomUUID(),
      objectId: options.objectId ?? randomUUID(),
      roles: options.roles ?? [],
      scope: options.scope,
      name: options.name,
      issuedAt: options.issuedAt ?? Math.floor(Date.now() / 1_000),
      lifetimeSeconds: options.lifetimeSeconds ?? LIFETIME_SECONDS,
    });
    const header = { typ: 'JWT', alg: 'RS256', ...(version === 1 ? { x5t: key.kid } : {}), kid: key.kid };
    return signToken({ ...header, ...options.header }, { ...claims, ...options.claims }, key.privateKey);
  }

  /** Publishes a new key and signs with it from now on. The old ones stay published unless `dropOld` is set. */
  rotateKeys({ dropOld = false } = {}): SigningKey {
    if (dropOld) this.keys.length = 0;
    const key = createSigningKey();
    this.keys.push(key);
    return key;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  protected async listen(): Promise<void> {
    if (process.env.NODE_ENV === 'production')
      throw new Error(
        'The local issuer gives tokens to anyone who knows a demo secret: not where NODE_ENV=production.',
      );
    const certificate = createServerCertificate(['localhost', '127.0.0.1']);
    this.certificateOfCa = certificate.caPem;
    this.server = createServer({ cert: certificate.certificatePem, key: certificate.keyPem }, (request, response) => {
      this.respond(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port ?? 0, this.options.host ?? 'localhost', resolve);
    });
  }

  /** Answers one request; the tests' faulty issuer puts its faults here. */
  protected async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.answer(request);
    response.writeHead(answer.status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(answer.body));
  }

  protected async answer(request: IncomingMessage): Promise<Answer> {
    const path = new URL(request.url ?? '/', this.url).pathname;
    const tenant = `/${this.options.tenantId}`;
    if (request.method === 'POST' && (path === `${tenant}/oauth2/token` || path === `${tenant}/oauth2/v2.0/token`))
      return this.token(new URLSearchParams(await readForm(request)));
    switch (request.method === 'GET' ? path : '') {
      case `${tenant}/.well-known/openid-configuration`:
        return { status: 200, body: this.metadata(1) };
      case `${tenant}/v2.0/.well-known/openid-configuration`:
        return { status: 200, body: this.metadata(2) };
      case `${tenant}/discovery/keys`:
      case `${tenant}/discovery/v2.0/keys`:
        return { status: 200, body: this.publishedKeys() };
      default:
        return { status: 404, body: { error: 'not_found' } };
    }
  }

  protected metadata(version: TokenVersion): Json {
    const base = `${this.url}/${this.options.tenantId}`;
    return {
      issuer: this.issuerOf(version),
      token_endpoint: version === 1 ? `${base}/oauth2/token` : `${base}/oauth2/v2.0/token`,
      jwks_uri: version === 1 ? `${base}/discovery/keys` : `${base}/discovery/v2.0/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    };
  }

  protected publishedKeys(): Json {
    return { keys: this.keys.map((key) => publicJwk(key)) };
  }

  private newestKey(): SigningKey {
    const key = this.keys.at(-1);
    if (key === undefined) throw new Error('The issuer has no key.');
    return key;
  }

  /** RFC 6749, 4.4, with `scope` (v2.0 endpoint) or `resource` (v1.0 endpoint). */
  private token(form: URLSearchParams): Answer {
    if (form.get('grant_type') !== 'client_credentials') return refusal(400, 'unsupported_grant_type');
    const app = this.options.apps?.find(({ appId }) => appId === form.get('client_id'));
    if (app === undefined || !sameSecret(app.secret, form.get('client_secret') ?? ''))
      return refusal(401, 'invalid_client');
    const wanted = form.get('resource') ?? form.get('scope')?.replace(/\/\.default$/, '');
    if (wanted !== this.resource.identifierUri && wanted !== this.resource.clientId)
      return refusal(400, 'invalid_scope');
    const accessToken = this.mint({ appId: app.appId, roles: app.roles, objectId: app.objectId });
    return { status: 200, body: { token_type: 'Bearer', expires_in: LIFETIME_SECONDS, access_token: accessToken } };
  }
}

export function createSigningKey(modulusLength = 2_048): SigningKey {
  return { kid: randomUUID(), privateKey: generateKeyPairSync('rsa', { modulusLength }).privateKey };
}

/** A key as the keys document shows it. */
export function publicJwk({ kid, privateKey }: { kid: string; privateKey: KeyObject }): Json {
  const { n, e } = privateKey.export({ format: 'jwk' });
  return { kty: 'RSA', use: 'sig', kid, x5t: kid, n, e };
}

function sameSecret(expected: string, given: string): boolean {
  const [left, right] = [expected, given].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(left as Buffer, right as Buffer);
}

function refusal(status: number, error: string): Answer {
  return { status, body: { error, error_description: `The local issuer refused: ${error}.` } };
}

async function readForm(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > MAX_FORM_BYTES) return '';
  }
  return text;
}
