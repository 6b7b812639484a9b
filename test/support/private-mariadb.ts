import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConnection, type Connection } from 'mysql2/promise';
import { newId } from '../../src/common/ids';
import { freePort } from './free-port';

const SERVER = '/usr/sbin/mariadbd';
const INSTALLER = '/usr/bin/mariadb-install-db';
const START_TIMEOUT_MS = 30_000;

/** Who the service comes as: may do everything in the databases of the tests, and nothing to the server. */
const SERVICE_USER = 'service';

/** What a server of the tests needs: small, and as durable as one in production. */
const SETTINGS = [
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--innodb-buffer-pool-size=64M',
  '--innodb-log-file-size=32M',
  '--performance-schema=OFF',
  '--max-connections=120',
];

/** The Debian package is there, and the tests run on a server at all. */
const isAvailable = Boolean(process.env.TEST_DATABASE_URL) && [SERVER, INSTALLER].every((path) => existsSync(path));

/** For faults that no shared server may have. Jest skips the block where MariaDB's own binary is missing, or no server is wanted. */
export const describeOnPrivateServer = isAvailable ? describe : describe.skip;

/** A MariaDB server of the test's own, to be stopped, killed, made read-only and started again. */
export class PrivateMariaDb {
  private child: ChildProcess | null = null;
  private log = '';
  private readonly killAtExit = (): void => void this.child?.kill('SIGKILL');

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {
    process.on('exit', this.killAtExit);
  }

  /** `settings` go to the server as they are, such as `--max-allowed-packet=1M`. */
  static async start(settings: readonly string[] = []): Promise<PrivateMariaDb> {
    const folder = mkdtempSync(join(tmpdir(), 'secure-export-mariadb-'));
    await promisify(execFile)(INSTALLER, [
      '--no-defaults',
      ...foldersIn(folder),
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...asRoot(),
    ]);
    const server = new PrivateMariaDb(folder, await freePort(), settings);
    try {
      await server.startAgain();
      await server.run(`CREATE USER ${SERVICE_USER}@'%'`);
      await server.run(`GRANT ALL PRIVILEGES ON \`secure\\_export\\_%\`.* TO ${SERVICE_USER}@'%'`);
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** The URL of a new, empty database. */
  async freshDatabase(): Promise<string> {
    const name = `secure_export_${newId().replaceAll('-', '')}`;
    await this.run(`CREATE DATABASE ${name}`);
    return `mariadb://${SERVICE_USER}@127.0.0.1:${this.port}/${name}`;
  }

  /** A connection that may do everything; whoever asks for it ends it. */
  connect(): Promise<Connection> {
    return createConnection({ socketPath: this.socket, user: 'root', timezone: 'Z' });
  }

  /** One statement as the administrator. */
  async run<T>(sql: string, values: string[] = []): Promise<T[]> {
    const connection = await this.connect();
    try {
      const [rows] = await connection.query(sql, values);
      return rows as T[];
    } finally {
      connection.destroy();
    }
  }

  /** Ends all connections of the service, whatever they are doing, and answers how many. */
  async killConnections(): Promise<number> {
    const rows = await this.run<{ ID: number }>('SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ?', [
      SERVICE_USER,
    ]);
    for (const { ID } of rows) await this.run(`KILL CONNECTION ${ID}`).catch(isGoneBy);
    return rows.length;
  }

  /** As during a failover: whoever may not administer the server can read, and not write. */
  async setReadOnly(on: boolean): Promise<void> {
    await this.run(`SET GLOBAL read_only = ${on ? 1 : 0}`);
  }

  /** SIGTERM is an orderly stop, SIGKILL a crash. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child === null) return;
    this.child = null;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** On the same port, with the same data. Resolves when it answers. */
  async startAgain(): Promise<void> {
    const files = [...foldersIn(this.folder), `--socket=${this.socket}`, `--pid-file=${join(this.folder, 'pid')}`];
    const where = `--port=${this.port}`;
    const child = spawn(SERVER, ['--no-defaults', ...files, where, ...SETTINGS, ...this.settings, ...asRoot()]);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    }
    this.child = child;
    await this.untilItAnswers(child);
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    process.off('exit', this.killAtExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get socket(): string {
    return join(this.folder, 'socket');
  }

  private async untilItAnswers(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline && child.exitCode === null) {
      const answers = await this.run('SELECT 1').then(
        () => true,
        () => false,
      );
      if (answers) return;
      await sleep(50);
    }
    throw new Error(`The test's own MariaDB does not answer:\n${this.log}`);
  }
}

/** A server that starts removes all temporary tables from its folder for them: in a shared one also those of others. */
function foldersIn(folder: string): string[] {
  return [`--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`];
}

/** The server refuses to run as root unless it is told to. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

function isGoneBy(error: unknown): void {
  if ((error as { code?: string }).code !== 'ER_NO_SUCH_THREAD') throw error;
}
