import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../common/errors';
import { EntraGuard } from './entra.guard';
import { Suspects } from './limit/suspects';
import { AuthRejections } from './rejections/auth-rejections';
import { remoteAddressOf } from './remote-address';
import { RouteRules } from './route-rules';
import { bearerOfRequest } from './token/bearer-request';

/** The paths that need no token: health and the API description. `url` may have a query. */
export function isPublicPath(url: string): boolean {
  return /^\/(health\/|docs([/?#-]|$))/.test(url);
}

/**
 * Has the guard give its verdict before the body of a request is read, so that a caller who is refused never costs more
 * than its headers. What it can't judge so early, it leaves to the guard.
 */
@Injectable()
export class TokenCheck {
  constructor(
    private readonly guard: EntraGuard,
    private readonly routeRules: RouteRules,
    private readonly rejections: AuthRejections,
    private readonly suspects: Suspects,
  ) {}

  /** Rejects with the answer to a caller who is refused. */
  async check(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const token = bearerOfRequest(request);
    const rule = this.routeRules.ruleOf(request);
    if (rule?.kind === 'public' && token.kind === 'token') return;
    const isSuspect = this.suspects.include(remoteAddressOf(request));
    const judged = isSuspect ? await this.suspects.holdBack(token, rule) : token;
    if (judged.kind === 'refused') throw this.rejections.refuse(request, judged, { verified: false });
    await this.guard.admit({ request, reply, rule });
    this.suspects.clear(judged);
    if (request.is404) this.refuseMethod(request);
  }

  /** What is nowhere is a 404, later. OPTIONS asks what there is, and gets the same. */
  private refuseMethod(request: FastifyRequest): void {
    const methods = request.method === 'OPTIONS' ? [] : this.routeRules.methodsAt(request);
    if (methods.length > 0) throw methodNotAllowed(request.method, methods.join(', '));
  }
}

/** RFC 9110, section 15.5.6. The methods are no secret: the API description at /docs tells them to everybody. */
function methodNotAllowed(method: string, allow: string): DomainError {
  return new DomainError(
    405,
    'method_not_allowed',
    `${method} is not served here; served are ${allow}.`,
    {},
    { allow },
  );
}

/** Register it before the routes. */
export function registerTokenCheck(
  fastify: Pick<FastifyInstance, 'addHook'>,
  tokenCheck: TokenCheck,
  isPublic: (url: string) => boolean = isPublicPath,
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isPublic(request.url)) return done();
    tokenCheck.check(request, reply).then(() => done(), done);
  });
}
