import type { FastifyRequest } from 'fastify';
import type { Refusal } from '../refusal';
import { bearerOf, type BearerToken } from './bearer.rules';

const BEARER = Symbol('secure-export:bearer');

type ReadRequest = FastifyRequest & { [BEARER]?: BearerToken | Refusal };

/** The token of a request; looked at once, however many ask. */
export function bearerOfRequest(request: FastifyRequest): BearerToken | Refusal {
  const read = request as ReadRequest;
  read[BEARER] ??= bearerOf(request.raw.rawHeaders);
  return read[BEARER];
}
