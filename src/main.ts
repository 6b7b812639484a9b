import 'reflect-metadata';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './bootstrap';
import { ConfigError, readConfig } from './common/config';

/** Requests under way have so long to be answered; then what is still connected is cut off. */
const GRACE_MS = 5_000;

/** A stop that takes longer is forced. */
const STOP_TIMEOUT_MS = 9_000;

/** From this limit of the heap on, V8 lets it grow up to fourfold before it collects what has become old; below, to double at most. */
const LARGE_HEAP_BYTES = 2 * 1024 ** 3;

/**
 * So many connections wait until this process takes them, where the system lets them (`net.core.somaxconn`). With Node's 511 the others
 * of a storm are turned away, and try again after a second, and three, and seven.
 */
const BACKLOG = 4_096;

const logger = new Logger('main');

async function main(): Promise<void> {
  boundHeapGrowth();
  const config = readConfig(process.env);
  const app = await createApp(config);
  stopOnSignals(app);
  await app.listen({ port: config.port, host: config.host, backlog: BACKLOG });
  logger.log({ msg: 'ready for alerts', address: await app.getUrl(), docs: `${await app.getUrl()}/docs` });
}

/** On a large machine a busy service would hold a third more memory, and be no faster for it. */
function boundHeapGrowth(): void {
  if (getHeapStatistics().heap_size_limit >= LARGE_HEAP_BYTES) setFlagsFromString('--heap-growing-percent=100');
}

function stopOnSignals(app: NestFastifyApplication): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.log({ msg: 'stopping: requests under way are finished first', signal });
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    setTimeout(() => closeAllConnections(app), GRACE_MS).unref();
    app.close().then(
      () => {
        logger.log({ msg: 'stopped' });
        process.exit(0);
      },
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** A connection on which nothing was ever sent would keep the server open for ever. */
function closeAllConnections(app: NestFastifyApplication): void {
  app.getHttpServer().closeAllConnections();
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(
      `${error.message}\nTo try the service without Microsoft Entra and without a database server: npm run demo`,
    );
  } else {
    console.error(error instanceof Error ? `The service can not start or stop: ${error.message}` : error);
  }
  process.exit(1);
}

main().catch(fail);
