import { once } from 'node:events';
import { createServer, request, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerClientError } from './client-errors';
import { longUpload } from './long-upload';

const TIMES = { requestTimeout: 1_000, headersTimeout: 1_000, connectionsCheckingInterval: 50 };

describe('a long upload', () => {
  let server: Server;
  let idleMs: number;
  let reading: 'long' | 'plain';

  beforeAll(async () => {
    server = createServer(TIMES, (incoming, answer) => {
      void (async (): Promise<void> => {
        let text = '';
        try {
          const parts = reading === 'long' ? longUpload(incoming, idleMs) : (incoming as AsyncIterable<Buffer>);
          for await (const part of parts) text += part.toString();
          answer.end(text);
        } catch (error) {
          if (!incoming.socket.destroyed) answer.writeHead((error as { status?: number }).status ?? 500).end();
        }
      })();
    });
    server.on('clientError', answerClientError);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  function open(): ClientRequest {
    const call = request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, method: 'POST' });
    call.on('error', () => undefined);
    call.write('a');
    return call;
  }

  async function statusOf(call: ClientRequest): Promise<number | undefined> {
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  }

  it('may take longer than other requests', async () => {
    [reading, idleMs] = ['long', 30_000];
    const call = open();
    await sleep(2_500);
    call.end('b');
    expect(await statusOf(call)).toBe(200);
  });

  it('is given up when nothing comes any more', async () => {
    [reading, idleMs] = ['long', 150];
    expect(await statusOf(open())).toBe(408);
  });

  it('is nothing that other requests may do', async () => {
    reading = 'plain';
    expect(await statusOf(open())).toBe(408);
  });
});
