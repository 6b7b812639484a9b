import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { DomainError } from '../errors';
import { readJson } from '../json-text';

/** For `@RouteConfig`: the route reads its body itself from `request.raw`, of any type and any length. */
export const STREAMED_BODY = { streamsBody: true } as const;

/** For `@RouteConfig`: the route can do nothing without a body. */
export const NEEDS_BODY = { needsBody: true } as const;

/**
 * Reads JSON bodies, and no others. `__proto__` members stay what they are: plain members of an object that nothing here
 * is merged from. Bodies of routes with {@link STREAMED_BODY} are left where they are: the guard decides before a byte is read.
 * A type without a body is no body, as many clients name it on every call, but for routes with {@link NEEDS_BODY}. Register
 * it before the routes.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', leaveStreamedBody);
  fastify.addHook('preParsing', refuseLongBody);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (streamsBody(request.routeOptions.config)) return done(null);
    if (text === '') return needsBody(request.routeOptions.config) ? done(EMPTY) : done(null, undefined);
    const value = isPlain(request) ? parse(text as string) : UNSUPPORTED;
    if (value instanceof Error) done(value);
    else done(null, value.json);
  });
  fastify.addContentTypeParser('*', (request, _payload, done) => {
    done(streamsBody(request.routeOptions.config) ? null : UNSUPPORTED);
  });
}

/** Before Fastify does, which knows the limit and does not say it. What tells no length is refused as it comes. */
function refuseLongBody(
  request: FastifyRequest,
  _reply: FastifyReply,
  _payload: unknown,
  done: (error: Error | null) => void,
): void {
  const { bodyLimit } = request.routeOptions;
  const isRead = request.method !== 'GET' && request.method !== 'HEAD';
  if (!isRead || !(Number(request.headers['content-length']) > bodyLimit)) return done(null);
  const detail = `The body is larger than ${bodyLimit} bytes (BODY_LIMIT_BYTES).`;
  // More of it may come on this connection.
  done(new DomainError(413, 'body_too_large', detail, {}, { connection: 'close' }));
}

/** What is read in its place has no bytes, and claims to have had as many as the body. */
function leaveStreamedBody(route: RouteOptions): void {
  if (!streamsBody(route.config)) return;
  route.bodyLimit = Number.MAX_SAFE_INTEGER;
  route.preParsing = (request: FastifyRequest, _reply: FastifyReply, _payload, done): void => {
    const receivedEncodedLength = Number(request.headers['content-length'] ?? 0);
    done(null, Object.assign(Readable.from([]), { receivedEncodedLength }));
  };
}

function streamsBody(config: unknown): boolean {
  return (config as Partial<typeof STREAMED_BODY> | undefined)?.streamsBody === true;
}

function needsBody(config: unknown): boolean {
  return (config as Partial<typeof NEEDS_BODY> | undefined)?.needsBody === true;
}

const EMPTY = Object.assign(new Error('The body is empty.'), { code: 'FST_ERR_CTP_EMPTY_JSON_BODY', statusCode: 400 });

const UNSUPPORTED = Object.assign(new Error('The body is compressed, or of another type.'), {
  code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE',
  statusCode: 415,
});

/** A compressed body would be taken for bad JSON. */
function isPlain({ headers }: FastifyRequest): boolean {
  return (headers['content-encoding'] ?? 'identity') === 'identity';
}

function parse(text: string): { json: unknown } | Error {
  try {
    return { json: readJson(text) };
  } catch {
    return Object.assign(new Error('The body is not JSON.'), {
      code: 'FST_ERR_CTP_INVALID_JSON_BODY',
      statusCode: 400,
    });
  }
}
