import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './bootstrap';
import { ConfigError, readConfig } from './common/config';

/** Requests under way have so long to be answered; then what is still connected is cut off. */
const GRACE_MS = 5_000;

/** A stop that takes longer is forced. */
const STOP_TIMEOUT_MS = 9_000;

/**
 * So much the heap grows, in percent of what is in use, before what has become old in it is collected. V8 itself lets it grow up to
 * fourfold, which holds a third more memory under load and spares no time.
 */
const HEAP_GROWTH_PERCENT = 100;

const logger = new Logger('main');

async function main(): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const config = readConfig(process.env);
  const app = await createApp(config);
  stopOnSignals(app);
  await app.listen(config.port, config.host);
  logger.log({ msg: 'ready for alerts', address: await app.getUrl(), docs: `${await app.getUrl()}/docs` });
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
