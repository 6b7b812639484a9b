import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError } from '../errors';
import { withinTime } from '../within-time';

const LONG_UPLOAD = Symbol('secure-export:long-upload');

type MarkedSocket = Socket & { [LONG_UPLOAD]?: boolean };

/** Whether the request that a socket is bringing may take longer than others. */
export function isLongUpload(socket: Socket): boolean {
  return (socket as MarkedSocket)[LONG_UPLOAD] === true;
}

/**
 * The bytes of a request's body as they come, no faster than they are taken. It may take as long as it needs, but is given
 * up (408) when nothing comes for `idleMs` while we wait. Only for callers that the guard has let in: all others have the
 * time that the server gives to a request.
 */
export async function* longUpload(request: IncomingMessage, idleMs: number): AsyncGenerator<Buffer> {
  const socket = request.socket as MarkedSocket;
  socket[LONG_UPLOAD] = true;
  try {
    yield* unlessIdle(request, idleMs);
  } finally {
    socket[LONG_UPLOAD] = false;
  }
}

async function* unlessIdle(request: IncomingMessage, idleMs: number): AsyncGenerator<Buffer> {
  const parts = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const part = (await withinTime(parts.next(), idleMs, stalled)) as IteratorResult<Buffer, undefined>;
      if (part.done === true) return;
      yield part.value;
    }
  } finally {
    // What nobody takes any more must not block the connection. Not waited for: a part may never come.
    void parts.return?.().then(() => request.resume(), noMatter);
  }
}

function noMatter(): void {
  // The request is over.
}

function stalled(): never {
  const detail = 'The request did not come whole in time.';
  throw new DomainError(408, 'request_timeout', detail, {}, { connection: 'close' });
}
