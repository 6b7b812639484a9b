import { Inject, Injectable, type ExecutionContext, type OnApplicationShutdown } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { CONFIG, type Config } from '../common/config';
import { unavailable } from '../common/errors';
import { newId } from '../common/ids';
import { AccessControl } from './access-control';
import { AuthMetrics } from './auth-metrics';
import { ACCESS_RULE, type AccessRule } from './decorators';
import { KeyRing } from './keys/key-ring';
import type { Principal } from './principal';
import type { Refusal } from './refusal';
import { AuthRejections } from './rejections/auth-rejections';
import { EntraStrategy, KeysUnavailable } from './token/entra.strategy';
import { judge, type Identity } from './token/judge.rules';

type GuardedRequest = FastifyRequest & { user?: Identity | Principal };

/**
 * Stands before every route: token → identity → access rule of the route → principal. What no decorator opens is shut. A
 * definite no is 401 or 403; what can't be judged now is 503, because Azure never sends an alert again after a 401.
 */
@Injectable()
export class EntraGuard extends AuthGuard() implements OnApplicationShutdown {
  private readonly strategyName: string;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    keyRing: KeyRing,
    private readonly reflector: Reflector,
    private readonly accessControl: AccessControl,
    private readonly rejections: AuthRejections,
    private readonly metrics: AuthMetrics,
  ) {
    // Passport's registry belongs to the process, a strategy to one application; only a named one is cloned per request.
    const strategyName = `entra:${newId()}`;
    super({ defaultStrategy: strategyName });
    passport.use(strategyName, new EntraStrategy(config, keyRing) as passport.Strategy);
    this.strategyName = strategyName;
  }

  onApplicationShutdown(): void {
    passport.unuse(this.strategyName);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule?.kind === 'public') return true;
    await super.canActivate(context);
    this.authorize(context.switchToHttp().getRequest<GuardedRequest>(), rule);
    return true;
  }

  /** What passport calls at the end; the result becomes `request.user`. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the signature is that of @nestjs/passport
  override handleRequest<Verified>(
    error: unknown,
    claims: unknown,
    refusal: unknown,
    context: ExecutionContext,
  ): Verified {
    if (error instanceof KeysUnavailable) throw this.keysUnavailable(error);
    if (error) throw error as Error;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!claims) throw this.rejections.refuse(request, refusal as Refusal, { verified: false });
    const identity = judge(claims, this.config, new Date());
    if (identity.kind === 'refused') throw this.rejections.refuse(request, identity, { verified: true });
    return identity as Verified;
  }

  private authorize(request: GuardedRequest, rule: AccessRule | undefined): void {
    const identity = request.user as Identity;
    request.user = undefined;
    const decision = this.accessControl.decide(identity, rule);
    if (decision.kind === 'refused') throw this.rejections.refuse(request, decision, { verified: true });
    request.user = decision;
    this.metrics.accepted += 1;
  }

  private keysUnavailable({ retryAfterSeconds }: KeysUnavailable): Error {
    this.metrics.unavailable += 1;
    return unavailable(
      'keys_unavailable',
      'The token can not be judged now: its keys can not be read.',
      retryAfterSeconds,
    );
  }
}
