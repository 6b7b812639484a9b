import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { mapClientError } from './error-mapping';
import { isLongUpload } from './long-upload';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problem';

type Exchange = ServerResponse & { req: IncomingMessage };

const EXCHANGES = Symbol('secure-export:exchanges');
const LEAVING = Symbol('secure-export:leaving');

type TrackedSocket = Socket & { [EXCHANGES]?: Exchange[]; [LEAVING]?: boolean };

/** Keeps in mind what each connection is waiting for, for {@link answerClientError}. */
export function trackExchanges(server: Pick<Server, 'on'>): void {
  server.on('request', ({ socket }: { socket: TrackedSocket }, response: Exchange) => {
    socket[EXCHANGES] = [...(socket[EXCHANGES] ?? []).filter(isUnderWay), response];
  });
}

/**
 * Answers what can't even be read as HTTP, or does not come in time: there is no request yet, only a socket. Whoever still
 * waits for the answer to an earlier request on it would take this one for that: it gets its own, and the connection ends.
 */
export function answerClientError(error: Error & { code?: string }, socket: TrackedSocket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isLongUpload(socket)) return;
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const exchanges = (socket[EXCHANGES] ?? []).filter(isUnderWay);
  const awaited = exchanges.findLast(({ req }) => req.complete);
  if (awaited !== undefined) return leaveAfter(awaited, socket);
  // The request at fault may have its answer, or a part of it, already.
  if (!exchanges.some(({ headersSent }) => headersSent)) socket.write(answerTo(error));
  // Whether or not the other side closes, too.
  socket.destroySoon();
}

function isUnderWay({ req, writableFinished }: Exchange): boolean {
  return !req.complete || !writableFinished;
}

/** What else comes on the socket is at fault again, and changes nothing. */
function leaveAfter(response: Exchange, socket: TrackedSocket): void {
  if (socket[LEAVING]) return;
  socket[LEAVING] = true;
  response.once('close', () => socket.destroySoon());
}

function answerTo(error: Error): string {
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
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}
