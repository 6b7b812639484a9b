import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { Principal } from './principal';
import type { Role } from './roles';

/** Who may use a route. A route without any is refused to everyone. */
export type AccessRule = { kind: 'public' } | { kind: 'role'; role: Role } | { kind: 'webhook' };

export const ACCESS_RULE = 'secure-export:access-rule';

/** Needs no token. */
export function Public(): MethodDecorator & ClassDecorator {
  return SetMetadata(ACCESS_RULE, { kind: 'public' } satisfies AccessRule);
}

/** Needs a token with this role, or a stronger one. On a method it replaces that of the class. */
export function RequireRole(role: Role): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ACCESS_RULE, { kind: 'role', role } satisfies AccessRule), ApiBearerAuth());
}

/** For callers on the allowlist alone: no person and no role gets in, not even Admin. */
export function WebhookCaller(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ACCESS_RULE, { kind: 'webhook' } satisfies AccessRule), ApiBearerAuth());
}

/** The {@link Principal} of the request; on a public route there is none. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal | undefined =>
    context.switchToHttp().getRequest<{ user?: Principal }>().user,
);
