import helmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DestinationStream } from 'pino';
import { AppModule } from './app.module';
import { registerTokenCheck, TokenCheck, type Principal } from './auth';
import type { Config } from './common/config';
import { answerClientError, trackExchanges } from './common/http/client-errors';
import { ProblemFilter } from './common/http/problem.filter';
import { readJsonBodies } from './common/http/request-body';
import { requestIdOf } from './common/http/request-context';
import { observeRequests } from './common/http/request-log';
import { refuseWhileStopping, StoppingAdapter } from './common/http/stopping';
import { createValidationPipe } from './common/http/validation';
import { createLogger, NestLogger } from './common/logging';
import { Metrics } from './common/operations/metrics';
import { serveOpenApi } from './openapi';

/** A request that has not come whole by then is given up: a slow sender must not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;

/** How often Node looks for such requests; its own 30 seconds would double the time. */
const CONNECTIONS_CHECK_MS = 5_000;

/** A token may have 16 kB, and Node's own limit is as much for all headers together. */
const MAX_HEADER_BYTES = 32_768;

/**
 * Builds the whole application, ready to listen. The database is connected and migrated when this resolves.
 * `destination` takes the log lines in place of standard output.
 */
export async function createApp(config: Config, destination?: DestinationStream): Promise<NestFastifyApplication> {
  const logger = createLogger(config.logLevel, destination);
  const filter = new ProblemFilter();
  const adapter = new StoppingAdapter({
    bodyLimit: config.bodyLimitBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: CONNECTIONS_CHECK_MS },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      filter.answer(error, request, reply);
    },
    clientErrorHandler: answerClientError,
    genReqId: requestIdOf,
    trustProxy: config.trustedProxies.length > 0 && config.trustedProxies,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    logger: false,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(config), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  const fastify: FastifyInstance = adapter.getInstance();
  trackExchanges(fastify.server);
  observeRequests(fastify, { logger, metrics: app.get(Metrics), callerOf });
  await app.register(helmet, { contentSecurityPolicy: CONTENT_SECURITY_POLICY });
  refuseWhileStopping(fastify, () => adapter.isStopping);
  registerTokenCheck(fastify, app.get(TokenCheck));
  readJsonBodies(fastify);
  app.useGlobalFilters(filter);
  app.useGlobalPipes(createValidationPipe());
  serveOpenApi(app);
  return app;
}

/** Nothing from elsewhere, and no upgrade to https that would break Swagger UI on plain loopback. */
const CONTENT_SECURITY_POLICY = {
  directives: {
    defaultSrc: [`'self'`],
    styleSrc: [`'self'`, `'unsafe-inline'`],
    imgSrc: [`'self'`, 'data:'],
    upgradeInsecureRequests: null,
  },
};

function callerOf(request: FastifyRequest): string | null {
  const principal = (request as FastifyRequest & { user?: Principal }).user;
  return principal === undefined ? null : `${principal.kind}:${principal.id}`;
}
