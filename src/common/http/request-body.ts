import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Reads JSON bodies, and no others. `__proto__` members stay what they are: plain members of an object that nothing here
 * is merged from.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    const value = isPlain(request) ? parse(text as string) : UNSUPPORTED;
    if (value instanceof Error) done(value);
    else done(null, value.json);
  });
}

const UNSUPPORTED = Object.assign(new Error('The body is compressed.'), {
  code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE',
  statusCode: 415,
});

/** A compressed body would be taken for bad JSON. */
function isPlain({ headers }: FastifyRequest): boolean {
  return (headers['content-encoding'] ?? 'identity') === 'identity';
}

/** An escaped half of a character: no database stores it, and two of them would become one key. */
const LONE_SURROGATE =
  /\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]/;

function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function parse(text: string): { json: unknown } | Error {
  try {
    return { json: JSON.parse(text, LONE_SURROGATE.test(text) ? wellFormed : undefined) as unknown };
  } catch {
    return Object.assign(new Error('The body is not JSON.'), {
      code: 'FST_ERR_CTP_INVALID_JSON_BODY',
      statusCode: 400,
    });
  }
}
