import type { FastifyRequest } from 'fastify';

const ADDRESS = Symbol('secure-export:remote-address');

/** Fastify says that there always is an address; of a connection that is gone there is none. */
type AskedRequest = Omit<FastifyRequest, 'ip'> & { ip?: string; [ADDRESS]?: string };

/**
 * Where a request comes from, as it was when somebody asked first: of a connection that is gone it can't be told any more,
 * and then it is empty. Ask before anything is waited for.
 */
export function remoteAddressOf(request: FastifyRequest): string {
  const asked = request as AskedRequest;
  asked[ADDRESS] ??= asked.ip ?? '';
  return asked[ADDRESS];
}
