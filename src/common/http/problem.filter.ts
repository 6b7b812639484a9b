import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ABORTED, mapError } from './error-mapping';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problem';
import { pathOf } from './request-context';

/** Answers every error as `application/problem+json`, and logs those that somebody has to look into. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** The same for what Fastify refuses before a route is found. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { answer, report } = isAborted(request) ? { answer: ABORTED, report: false } : mapError(error);
    const path = pathOf(request.url);
    if (report) this.logger.error({ msg: 'a request failed', requestId: request.id, path, err: error });
    if (reply.sent) return;
    void reply
      .status(answer.status)
      .headers({ 'x-request-id': request.id, ...answer.headers })
      .type(PROBLEM_CONTENT_TYPE)
      .send(JSON.stringify(problemOf(answer, { path, requestId: request.id })));
  }
}

function isAborted({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}
