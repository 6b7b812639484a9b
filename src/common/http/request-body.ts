import type { FastifyInstance, FastifyRequest } from 'fastify';

const BODY_TEXT = Symbol('body text');

/** The body of a JSON request as it came, to be kept exactly. */
export function bodyTextOf(request: FastifyRequest): string {
  return (request as FastifyRequest & { [BODY_TEXT]?: string })[BODY_TEXT] ?? '';
}

/**
 * Reads JSON bodies, and no others, with the text kept beside the value. `__proto__` members stay what they are: plain
 * members of an object that nothing here is merged from.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    (request as FastifyRequest & { [BODY_TEXT]?: string })[BODY_TEXT] = text as string;
    const value = parse(text as string);
    if (value instanceof Error) done(value);
    else done(null, value.json);
  });
}

function parse(text: string): { json: unknown } | Error {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return Object.assign(new Error('The body is not JSON.'), {
      code: 'FST_ERR_CTP_INVALID_JSON_BODY',
      statusCode: 400,
    });
  }
}
