import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from '../operations/metrics';
import { pathOf } from './request-context';

const TOO_MANY_REQUESTS = 429;

/** Says who is calling, for the log; null before the guard has let anybody in. */
export type CallerOf = (request: FastifyRequest) => string | null;

/**
 * One log line and one measurement a request. Probes are logged at debug only: they come every few seconds. So are calls
 * that are answered 429, which come in floods: who refuses them logs a line now and then.
 */
export function observeRequests(
  fastify: FastifyInstance,
  { logger, metrics, callerOf }: { logger: Logger; metrics: Metrics; callerOf: CallerOf },
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (/^\/+api\//.test(request.url)) reply.header('cache-control', 'no-store');
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const path = pathOf(request.url);
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const line = {
      msg: 'request',
      requestId: request.id,
      method: request.method,
      path,
      status: reply.statusCode,
      ms,
      caller: callerOf(request),
    };
    if (path.startsWith('/health/') || reply.statusCode === TOO_MANY_REQUESTS) logger.debug(line);
    else logger.info(line);
    metrics.request({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1_000,
    });
    done();
  });
}
