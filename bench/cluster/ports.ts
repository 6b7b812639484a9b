import { createServer } from 'node:net';

/** Below the range that systems give to outgoing connections: a node that was killed has to get its port back. */
const FIRST = 20_000;
const RANGE = 10_000;

/** So many ports of 127.0.0.1 in a row, from a random one on, that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  const start = Math.floor(Math.random() * RANGE);
  for (let step = 0; ports.length < count && step < RANGE; step += 1) {
    const port = FIRST + ((start + step) % RANGE);
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < count) throw new Error('There are not enough free ports.');
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
