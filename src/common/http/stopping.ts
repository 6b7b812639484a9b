import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors';

/** Knows that the service stops from the first moment on, while Fastify knows it from when the listener is closed. */
export class StoppingAdapter extends FastifyAdapter {
  isStopping = false;

  override beforeClose(): void {
    this.isStopping = true;
    super.beforeClose();
  }
}

/**
 * Answers requests that come while the service stops, on connections that are still open, as all 503 are answered: Fastify
 * has an answer of its own for them, which `return503OnClosing` must switch off. What is under way is not touched, but that
 * its connection is not kept: the end waits for those. Register it before what looks at the request.
 */
export function refuseWhileStopping(fastify: FastifyInstance, isStopping: () => boolean): void {
  fastify.addHook('onRequest', (_request, _reply, done) => {
    if (isStopping())
      done(unavailable('stopping', 'The service is stopping; another instance, or the next start, takes it.'));
    else done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping()) reply.header('connection', 'close');
    done();
  });
}
