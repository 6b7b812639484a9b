import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { answerClientError, trackExchanges } from './client-errors';

const REQUEST = 'GET /first HTTP/1.1\r\nHost: x\r\n\r\n';
const BROKEN = 'NONSENSE\r\n\r\n';
const TIMES = { requestTimeout: 300, headersTimeout: 300, connectionsCheckingInterval: 50 };

describe('what can not be read as HTTP', () => {
  let server: Server;
  let pending: ServerResponse[];

  beforeEach(async () => {
    pending = [];
    server = createServer(TIMES, (request, response) => {
      request.on('error', () => undefined).resume();
      pending.push(response);
    });
    trackExchanges(server);
    server.on('clientError', answerClientError);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function send(...texts: string[]): Promise<{ socket: Socket; received: Promise<string> }> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk))).on('error', () => undefined);
    const received = once(socket, 'close').then(() => text);
    for (const each of texts) socket.write(each);
    return { socket, received };
  }
  /** `count` requests wait for their answers, and the server knows what is wrong with what came behind them. */
  async function untilFault(count: number): Promise<void> {
    await once(server, 'clientError');
    expect(pending).toHaveLength(count);
  }
  const statusesIn = (text: string): string[] => text.match(/HTTP\/1\.1 \d+/g) ?? [];

  it('is answered where nothing else is under way', async () => {
    const { received } = await send(BROKEN);
    const text = await received;
    expect(statusesIn(text)).toEqual(['HTTP/1.1 400']);
    expect(text).toContain('application/problem+json');
  });

  it('is answered with 431 where its headers are too large', async () => {
    const { received } = await send(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(statusesIn(await received)).toEqual(['HTTP/1.1 431']);
  });

  it('is answered where the request before it has its answer', async () => {
    const { socket, received } = await send(REQUEST);
    await once(server, 'request');
    pending[0]?.end('first');
    await once(pending[0] as ServerResponse, 'close');
    socket.write(BROKEN);
    expect(statusesIn(await received)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it.each([
    ['nonsense', BROKEN],
    ['headers that are too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a request that never ends', 'GET / HTTP/1.1\r\nHost: x\r\n'],
    ['a body that is none', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n'],
  ])('%s is no answer to the request before it, which gets its own', async (_, fault) => {
    const { socket, received } = await send(REQUEST, fault);
    await untilFault(fault.startsWith('POST') ? 2 : 1);
    socket.write(BROKEN);
    pending[0]?.end('first');
    const text = await received;
    expect(statusesIn(text)).toEqual(['HTTP/1.1 200']);
    expect(text).toContain('first');
  });

  it('lets all requests before it have their answers, in their order', async () => {
    const { received } = await send(REQUEST, REQUEST, BROKEN);
    await untilFault(2);
    pending[1]?.end('second');
    pending[0]?.end('first');
    expect(await received).toMatch(/first[^]*second$/);
  });

  it('ends an answer that has begun to a request whose body is broken, and adds nothing to it', async () => {
    const { socket, received } = await send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    await once(server, 'request');
    pending[0]?.write('begun');
    await once(socket, 'data');
    socket.write(BROKEN);
    expect(statusesIn(await received)).toEqual(['HTTP/1.1 200']);
  });

  it('is a request whose body is broken: that gets the answer', async () => {
    const { received } = await send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', BROKEN);
    expect(statusesIn(await received)).toEqual(['HTTP/1.1 400']);
  });

  it('is not answered a second time where the request at fault has its answer', async () => {
    const { socket, received } = await send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
    await once(server, 'request');
    pending[0]?.end('refused');
    await once(socket, 'data');
    expect(statusesIn(await received)).toEqual(['HTTP/1.1 200']);
  });
});
