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

/** Half of a character, which no database stores, can come in escaped form only. */
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function parse(text: string): { json: unknown } | Error {
  try {
    return { json: JSON.parse(text, ESCAPED_SURROGATE.test(text) ? wellFormed : undefined) as unknown };
  } catch {
    return Object.assign(new Error('The body is not JSON.'), {
      code: 'FST_ERR_CTP_INVALID_JSON_BODY',
      statusCode: 400,
    });
  }
}
