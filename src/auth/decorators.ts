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
  return applyDecorators(SetMetadata(ACCESS_RULE, { kind: 'role', role } satisfies AccessRule), ShowsToken());
}

/** For callers on the allowlist alone: no person and no role gets in, not even Admin. */
export function WebhookCaller(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ACCESS_RULE, { kind: 'webhook' } satisfies AccessRule), ShowsToken());
}

/**
 * Says in the OpenAPI document that a token is needed. Of a class it says so of each method that has no rule of its own:
 * OpenAPI adds up what class and method say, and the token would be listed twice, or for a public route too.
 */
function ShowsToken(): MethodDecorator & ClassDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (key !== undefined && descriptor !== undefined) return void ApiBearerAuth()(target, key, descriptor);
    for (const [name, method] of methodsOf(target)) {
      if (!Reflect.hasMetadata(ACCESS_RULE, method.value as object)) ApiBearerAuth()(target, name, method);
    }
  };
}

function methodsOf(target: object): [string, PropertyDescriptor][] {
  const members = Object.entries(Object.getOwnPropertyDescriptors((target as { prototype: object }).prototype));
  return members.filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function');
}

/** The {@link Principal} of the request; on a public route there is none. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal | undefined =>
    context.switchToHttp().getRequest<{ user?: Principal }>().user,
);
