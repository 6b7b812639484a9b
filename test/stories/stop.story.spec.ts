import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Schedule } from '../../src/common/schedule/schedule';
import { closedGate, type Gate } from '../support/gate';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

const LIVE = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a service that stops', () => {
  let app: TestApp;
  let port: number;
  let tasks: Gate;
  let sockets: Socket[];

  beforeEach(async () => {
    app = await TestApp.start();
    await app.app.listen(0, '127.0.0.1');
    port = Number(new URL(await app.app.getUrl()).port);
    tasks = closedGate();
    jest.spyOn(app.app.get(Schedule), 'beforeApplicationShutdown').mockReturnValue(tasks.opened);
    sockets = [];
  });
  afterEach(async () => {
    tasks.open();
    for (const socket of sockets) socket.destroy();
    await app.stop();
  });

  async function open(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  /** A connection that is kept, after a first answer. */
  async function kept(): Promise<Socket> {
    const socket = await open();
    socket.write(LIVE);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
    return socket;
  }

  async function untilNobodyIsLetIn(): Promise<void> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
      const isOpen = await open().then(
        () => true,
        () => false,
      );
      if (!isOpen) return;
      await sleep(10);
    }
    throw new Error('The listener was not closed.');
  }

  function expectRefusal(received: string): void {
    expect(received).toMatch(/^HTTP\/1.1 503 /);
    expect(received).toMatch(/^content-type: application\/problem\+json/im);
    expect(received).toMatch(/^retry-after: [1-9]/im);
    expect(received).toMatch(/^connection: close/im);
    expect(received).toMatch(/^x-request-id: /im);
    expect(received).toContain('"code":"stopping"');
  }

  it('answers what comes on a kept connection with a problem document, from the beginning of the stop on', async () => {
    const socket = await kept();
    const stopped = app.app.close();
    await sleep(0);
    socket.write(LIVE);
    expectRefusal(await text(socket));
    tasks.open();
    await stopped;
  });

  it('does so when the listener is closed, too', async () => {
    const server = app.app.getHttpServer();
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const socket = await kept();
    const [there] = await connected;
    const { bytesRead } = there;
    socket.write(LIVE.slice(0, 20));
    while (there.bytesRead === bytesRead) await sleep(5);
    const stopped = app.app.close();
    tasks.open();
    await untilNobodyIsLetIn();
    socket.write(LIVE.slice(20));
    expectRefusal(await text(socket));
    await stopped;
  });

  it('answers a request that is under way, and keeps nothing open for another', async () => {
    const body = JSON.stringify(sample('platform-metric-heartbeat-fired'));
    const head = [
      'POST /api/v1/webhooks/azure-monitor HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${app.azureToken()}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const underWay = once(app.app.getHttpServer(), 'request');
    const socket = await open();
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 100)}`);
    await underWay;
    const stopped = app.app.close();
    tasks.open();
    await untilNobodyIsLetIn();
    socket.write(body.slice(100));
    const received = await text(socket);
    expect(received).toMatch(/^HTTP\/1.1 200 [^]*"outcome":"created"/);
    expect(received).toMatch(/^connection: close/im);
    await stopped;
  });
});
