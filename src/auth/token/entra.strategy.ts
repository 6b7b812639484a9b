import type { KeyObject } from 'node:crypto';
import { BearerStrategy, type IBearerStrategyOption } from 'passport-azure-ad';
import type { FastifyRequest } from 'fastify';
import type { KeyRing } from '../keys/key-ring';
import type { KeyLookup } from '../keys/key-source';
import { refused, type Refusal } from '../refusal';
import { bearerOfRequest } from './bearer-request';
import type { BearerToken, Claims } from './bearer.rules';
import { explain } from './explain.rules';

/** The keys can't be had now, so nobody can say whether a token is good. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';

  constructor(readonly retryAfterSeconds: number) {
    super('The signing keys of the authority can not be had now.');
  }
}

/** The key of a token is not known, and the authority may not be asked for it again yet: {@link KeyLookup}. */
export class KeyNotAskedFor extends Error {
  override readonly name = 'KeyNotAskedFor';

  constructor(
    kid: string,
    readonly retryAfterSeconds: number,
  ) {
    super(`no key ${kid} was published when it was looked for last`);
  }
}

export interface EntraStrategyOptions {
  /** Without a slash at its end. */
  authority: string;
  tenantId: string;
  audiences: readonly string[];
  clockSkewSeconds: number;
}

/** All that the package asks of "metadata" while it verifies. */
interface VerifierMetadata {
  oidc: { issuer: string; algorithms: readonly string[] };
  generateOidcPEM(id: string): KeyObject;
}

type Done = (error: unknown, user?: unknown, info?: unknown) => void;

/**
 * The prototype methods of the package that are replaced here, and those that passport puts on the clone which it makes for
 * each request. The package calls its own methods through `this`, so a subclass is heard. The type package names none.
 */
interface PackageStrategy {
  name: string;
  authenticate(request: { headers: { authorization: string } }, options?: object): void;
  jwtVerify(request: object, token: string, metadata: VerifierMetadata, options: object, done: Done): void;
  success(user: unknown, info?: unknown): void;
  fail(refusal: Refusal): void;
  error(error: Error): void;
}
const PackageStrategy = BearerStrategy as unknown as new (
  options: IBearerStrategyOption,
  verify: (claims: Claims, done: Done) => void,
) => PackageStrategy;

/**
 * Verifies signature, audience, issuer and times by passport-azure-ad, and takes from it what is not fit for production:
 * how it finds the token, fetches keys and tells failures (docs/adr). An override never throws: the package calls some of
 * them from `process.nextTick`, where a throw ends the process.
 */
export class EntraStrategy extends PackageStrategy {
  /** These two are of the clone that passport makes for each request. */
  private token: BearerToken;
  private issuer: string;

  constructor(
    private readonly settings: EntraStrategyOptions,
    private readonly keyRing: KeyRing,
  ) {
    super(packageOptions(settings), (claims, done) => done(null, claims));
  }

  /** The package sees one header and nothing else: it would take a token from the body, too. */
  override authenticate(request: FastifyRequest | { headers: { authorization: string } }, options?: object): void {
    const token = bearerOfRequest(request as FastifyRequest);
    if (token.kind === 'refused') {
      this.fail(token);
      return;
    }
    this.token = token;
    super.authenticate({ headers: { authorization: `Bearer ${token.text}` } }, options);
  }

  /** In place of the package's own fetch and cache. */
  loadMetadata(_: unknown, next: (error: Error | null, metadata?: VerifierMetadata) => void): void {
    const { kid, claims } = this.token;
    const found = this.keyRing.find({ kid, iss: claims.iss, ver: claims.ver });
    const proceed = (lookup: KeyLookup): void => this.useKey(lookup, next);
    if (found instanceof Promise) found.then(proceed).catch((error: unknown) => this.error(error as Error));
    else proceed(found);
  }

  /** The clock skew is set here because the package's constructor makes 300 of a 0. */
  override jwtVerify(request: object, token: string, metadata: VerifierMetadata, options: object, done: Done): void {
    super.jwtVerify(request, token, metadata, { ...options, clockSkew: this.settings.clockSkewSeconds }, done);
  }

  /** The package tells a refusal by a text and trouble by an Error; it would answer 401 to both. */
  failWithLog(message: string | Error): void {
    if (message instanceof Error) this.error(message);
    else this.refuse();
  }

  private refuse(): void {
    const { audiences, clockSkewSeconds } = this.settings;
    try {
      this.fail(explain(this.token.claims, { issuer: this.issuer, audiences, clockSkewSeconds }, new Date()));
    } catch (error) {
      this.error(error as Error);
    }
  }

  private useKey(lookup: KeyLookup, next: (error: Error | null, metadata?: VerifierMetadata) => void): void {
    switch (lookup.kind) {
      case 'key':
        this.issuer = lookup.issuer;
        next(null, { oidc: { issuer: lookup.issuer, algorithms: ['RS256'] }, generateOidcPEM: () => lookup.key });
        return;
      case 'unknown_key':
        this.fail(refused('unknown_key', `no key ${this.token.kid} is published`));
        return;
      case 'foreign_issuer':
        this.issuer = lookup.issuer;
        this.refuse();
        return;
      case 'not_asked_for':
        next(new KeyNotAskedFor(this.token.kid, lookup.retryAfterSeconds));
        return;
      case 'unavailable':
        next(new KeysUnavailable(lookup.retryAfterSeconds));
    }
  }
}

function packageOptions(settings: EntraStrategyOptions): IBearerStrategyOption {
  return {
    identityMetadata: `${settings.authority}/${settings.tenantId}/v2.0/.well-known/openid-configuration`,
    clientID: settings.audiences[0] as string,
    audience: [...settings.audiences],
    allowMultiAudiencesInToken: false,
    loggingLevel: 'fatal' as 'error',
    loggingNoPII: true,
  };
}
