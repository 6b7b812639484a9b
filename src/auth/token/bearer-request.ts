import type { FastifyRequest } from 'fastify';
import type { Refusal } from '../refusal';
import { bearerOf, type BearerToken } from './bearer.rules';

const read = new WeakMap<object, BearerToken | Refusal>();

/** The token of a request; looked at once, however many ask. */
export function bearerOfRequest(request: FastifyRequest): BearerToken | Refusal {
  const known = read.get(request.raw);
  if (known !== undefined) return known;
  const result = bearerOf(request.raw.rawHeaders);
  read.set(request.raw, result);
  return result;
}
