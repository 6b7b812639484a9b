import { Inject, Injectable, type ExecutionContext, type OnApplicationShutdown } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply, FastifyRequest } from 'fastify';
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
import { EntraStrategy, KeyNotAskedFor, KeysUnavailable } from './token/entra.strategy';
import { judge, type Identity } from './token/judge.rules';
import { UnaskedKeys } from './unasked-keys';

/** What was found out before the body was read; with a rule, the caller may use a route that has it. */
interface Admission {
  identity: Identity;
  rule: AccessRule | undefined;
}

const ADMISSION = Symbol('secure-export:admission');

type GuardedRequest = FastifyRequest & { user?: Identity | Principal; [ADMISSION]?: Admission };

/**
 * Stands before every route: token → identity → access rule of the route → principal. What no decorator opens is shut. A
 * definite no is 401 or 403; what can't be judged now is 503, because Azure never sends an alert again after a 401.
 *
 * All of this is done before the body is read, if {@link EntraGuard.admit} is called then. Nest calls the guard after the
 * body was parsed: it goes by what was found then, and finds out itself what was not.
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
    private readonly unaskedKeys: UnaskedKeys,
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

  /** Rejects with the answer to a caller who is refused. Without a rule, the verdict is about the token alone. */
  async admit(call: { request: FastifyRequest; reply: FastifyReply; rule: AccessRule | undefined }): Promise<void> {
    const { rule, reply } = call;
    const request: GuardedRequest = call.request;
    const identity = await this.identify(contextOf(request, reply));
    if (rule !== undefined) this.authorize(request, identity, rule);
    request[ADMISSION] = { identity, rule };
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule?.kind === 'public') return true;
    const admission = context.switchToHttp().getRequest<GuardedRequest>()[ADMISSION];
    const isAdmitted = admission?.rule !== undefined && admission.rule === rule;
    return isAdmitted || this.decide(context, { rule, identity: admission?.identity });
  }

  /** What passport calls at the end, with the claims of a good token or with why it is none; the result becomes `request.user`. */
  override handleRequest<User>(
    error: unknown,
    claims: User | false | undefined,
    refusal: unknown,
    context: ExecutionContext,
  ): User {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (error instanceof KeysUnavailable) throw this.keysUnavailable(error);
    if (error instanceof KeyNotAskedFor) throw this.unaskedKeys.answerTo(request, error);
    if (error) throw error as Error;
    if (!claims) throw this.rejections.refuse(request, refusal as Refusal, { verified: false });
    const identity = judge(claims, this.config, new Date());
    if (identity.kind === 'refused') throw this.rejections.refuse(request, identity, { verified: true });
    return identity as User;
  }

  /** What was not decided before the body was read. */
  private async decide(
    context: ExecutionContext,
    known: { rule: AccessRule | undefined; identity: Identity | undefined },
  ): Promise<boolean> {
    const identity = known.identity ?? (await this.identify(context));
    this.authorize(context.switchToHttp().getRequest<GuardedRequest>(), identity, known.rule);
    return true;
  }

  /** Verifies the token by the strategy, and judges its claims. */
  private async identify(context: ExecutionContext): Promise<Identity> {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    await super.canActivate(context);
    const identity = request.user as Identity;
    request.user = undefined;
    return identity;
  }

  private authorize(request: GuardedRequest, identity: Identity, rule: AccessRule | undefined): void {
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

/** All that passport's guard asks of a context. */
function contextOf(request: FastifyRequest, reply: FastifyReply): ExecutionContext {
  const http = { getRequest: () => request, getResponse: () => reply };
  return { switchToHttp: () => http } as unknown as ExecutionContext;
}
