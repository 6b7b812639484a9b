import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { ServerFiles } from './server-files';

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 20_000;
const EVERY_MS = 100;

export interface NodePorts {
  sql: number;
  group: number;
  increments: number;
  transfer: number;
}

/** Where a node lives. */
export interface NodePlace {
  files: ServerFiles;
  name: string;
  /** Its folder in the run's; the data is below it. */
  directory: string;
  ports: NodePorts;
  /** The group ports of all nodes; null = a server that is in no cluster. */
  groupPorts: readonly number[] | null;
}

/** One MariaDB server on 127.0.0.1, as a child process: a server of its own, or a node of a Galera cluster. */
export class NodeProcess {
  private child: ChildProcess | null = null;

  constructor(private readonly place: NodePlace) {}

  get name(): string {
    return this.place.name;
  }

  get dataDirectory(): string {
    return join(this.place.directory, 'data');
  }

  urlOf(database: string): string {
    return `mariadb://root@127.0.0.1:${this.place.ports.sql}/${database}`;
  }

  /** Starts it, as the first of its cluster or to join the others. Resolves when it takes statements. */
  async start({ isFirst = false, position }: { isFirst?: boolean; position?: string } = {}): Promise<void> {
    const args = [...this.settings(isFirst), ...(position === undefined ? [] : [`--wsrep-start-position=${position}`])];
    const log = openSync(this.logFile, 'a');
    this.child = spawn(this.place.files.server, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    const { child } = this;
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.isReady())) {
      if (hasEnded(child)) throw new Error(`${this.name} did not start:\n${this.lastLogLines()}`);
      if (Date.now() > deadline) throw new Error(`${this.name} is not ready:\n${this.lastLogLines()}`);
      await sleep(EVERY_MS);
    }
  }

  /**
   * Starts a node again that was killed. It asks its tables first how far they are, so that the others send it what it missed and not
   * everything.
   */
  async startAgain(): Promise<void> {
    if (this.place.groupPorts === null) return this.start();
    await this.start({ position: this.recoveredPosition() });
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  async connect(database?: string): Promise<Connection> {
    return createConnection({
      host: '127.0.0.1',
      port: this.place.ports.sql,
      user: 'root',
      database,
      dateStrings: true,
    });
  }

  async query(sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const connection = await this.connect(database);
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } finally {
      await connection.end();
    }
  }

  /** A status of its cluster, such as `wsrep_last_committed`. */
  async status(name: string): Promise<string> {
    const [row] = await this.query(`SHOW STATUS LIKE '${name}'`);
    return String(row?.Value);
  }

  lastLogLines(): string {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(-15).join('\n');
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === null || hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    child.kill(signal);
    await ended;
    clearTimeout(force);
  }

  private async isReady(): Promise<boolean> {
    try {
      if (this.place.groupPorts === null) return (await this.query('SELECT 1')).length === 1;
      return (await this.status('wsrep_local_state_comment')) === 'Synced';
    } catch {
      return false;
    }
  }

  /** `uuid:seqno`, from the tables; the server ends after it has told it. */
  private recoveredPosition(): string {
    const log = join(this.place.directory, 'recovery.log');
    const args = [...this.settings(false).filter((arg) => !arg.startsWith('--log-error')), '--wsrep-recover'];
    const { status } = spawnSync(this.place.files.server, [...args, `--log-error=${log}`], { stdio: 'ignore' });
    const position = /Recovered position: (\S+)/.exec(readFileSync(log, 'utf8'))?.[1];
    if (status !== 0 || position === undefined) throw new Error(`${this.name} can't tell how far its tables are.`);
    return position;
  }

  private get logFile(): string {
    return join(this.place.directory, 'server.log');
  }

  private settings(isFirst: boolean): string[] {
    const { files, directory, ports } = this.place;
    return [
      '--no-defaults',
      `--user=${files.user.name}`,
      `--datadir=${this.dataDirectory}`,
      // One that starts removes all temporary tables from there, and must not meet those of another node.
      `--tmpdir=${directory}`,
      `--socket=${join(directory, 'sql.sock')}`,
      `--pid-file=${join(directory, 'server.pid')}`,
      `--log-error=${this.logFile}`,
      '--bind-address=127.0.0.1',
      `--port=${ports.sql}`,
      '--performance-schema=OFF',
      '--innodb-buffer-pool-size=64M',
      '--innodb-log-file-size=32M',
      ...this.clusterSettings(isFirst),
    ];
  }

  private clusterSettings(isFirst: boolean): string[] {
    const { files, name, ports, groupPorts } = this.place;
    if (groupPorts === null || files.provider === null) return [];
    const others = groupPorts.map((port) => `127.0.0.1:${port}`).join(',');
    const provider = {
      base_host: '127.0.0.1',
      base_port: ports.group,
      'gmcast.listen_addr': `tcp://127.0.0.1:${ports.group}`,
      'ist.recv_addr': `127.0.0.1:${ports.increments}`,
      'gcache.size': '32M',
    };
    return [
      '--binlog-format=ROW',
      '--innodb-autoinc-lock-mode=2',
      '--wsrep-on=ON',
      `--wsrep-provider=${files.provider}`,
      '--wsrep-cluster-name=secure-export',
      `--wsrep-node-name=${name}`,
      `--wsrep-node-address=127.0.0.1:${ports.group}`,
      '--wsrep-sst-method=rsync',
      `--wsrep-sst-receive-address=127.0.0.1:${ports.transfer}`,
      `--wsrep-provider-options=${Object.entries(provider)
        .map((entry) => entry.join('='))
        .join(';')}`,
      ...(isFirst
        ? ['--wsrep-cluster-address=gcomm://', '--wsrep-new-cluster']
        : [`--wsrep-cluster-address=gcomm://${others}`]),
    ];
  }
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
