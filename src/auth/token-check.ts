import type { FastifyInstance } from 'fastify';
import type { AuthRejections } from './rejections/auth-rejections';
import { bearerOfRequest } from './token/bearer-request';

/** The paths that need no token: health and the API description. `url` may have a query. */
export function isPublicPath(url: string): boolean {
  return /^\/(health\/|docs([/?#-]|$))/.test(url);
}

/**
 * Refuses calls without exactly one well-formed bearer token before their body is read, so that an anonymous caller never
 * costs a JSON parse. Looks at the shape only and lets nothing in: the guard decides. Register it before the routes.
 */
export function registerTokenCheck(
  fastify: Pick<FastifyInstance, 'addHook'>,
  rejections: AuthRejections,
  isPublic: (url: string) => boolean = isPublicPath,
): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (isPublic(request.url)) return done();
    const token = bearerOfRequest(request);
    if (token.kind === 'token') return done();
    done(rejections.refuse(request, token, { verified: false }));
  });
}
