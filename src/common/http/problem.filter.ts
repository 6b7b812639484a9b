import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mapError } from './error-mapping';
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

  /** The same for errors outside Nest's reach: those of Fastify's own hooks and parsers. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { answer, report } = mapError(error);
    if (report)
      this.logger.error({ msg: 'a request failed', requestId: request.id, path: pathOf(request.url), err: error });
    if (reply.sent) return;
    void reply
      .status(answer.status)
      .headers(answer.headers)
      .type(PROBLEM_CONTENT_TYPE)
      .send(JSON.stringify(problemOf(answer, { path: pathOf(request.url), requestId: request.id })));
  }
}
