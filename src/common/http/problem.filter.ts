import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ABORTED, mapClientError, mapError } from './error-mapping';
import { isLongUpload } from './long-upload';
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

/** Answers what can't even be read as HTTP: there is no request yet, only a socket. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isLongUpload(socket)) return;
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const answer = mapClientError(error);
  const requestId = randomUUID();
  const problem = problemOf(answer, { path: '', requestId });
  const body = JSON.stringify(problem);
  const headers = [
    `HTTP/1.1 ${answer.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.write(`${headers.join('\r\n')}\r\n\r\n${body}`);
  // Whether or not the other side closes, too.
  socket.destroySoon();
}

function isAborted({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}
