import { Agent, request, type IncomingMessage } from 'node:http';
import type { FuzzRequest } from '../../test/fuzz/cases';
import type { FuzzAnswer } from '../../test/fuzz/verdict';

const TIMEOUT_MS = 20_000;

/** Sends requests to the service over connections that are kept alive, no more of them than `connections`. */
export class FuzzClient {
  private readonly agent: Agent;

  constructor(
    private readonly port: number,
    connections: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Rejects when the connection fails, or nothing is answered in time. */
  send({ method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
    return new Promise((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: this.port, method, path, headers, agent: this.agent },
        (answer) => void read(answer).then(resolve, reject),
      );
      call.setTimeout(TIMEOUT_MS, () => call.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
      call.on('error', reject);
      call.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

async function read(answer: IncomingMessage): Promise<FuzzAnswer> {
  const parts: Buffer[] = [];
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part);
  return {
    status: answer.statusCode ?? 0,
    contentType: answer.headers['content-type'] ?? '',
    body: Buffer.concat(parts).toString(),
  };
}
