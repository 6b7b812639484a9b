import type { Socket } from 'node:net';
import type { QueryRunner } from 'typeorm';

/** A statement that the server is silent about for so long is given up with its connection: nobody may be there any more. */
const SILENCE_MS = 30_000;
/** The same, and how long a connection may take to come about, while the service stops: it has 10 seconds for all. */
const LAST_SILENCE_MS = 2_000;
const LAST_CONNECT_MS = 1_000;

/** Room for what the protocol adds to a statement. */
const PACKET_OVERHEAD_BYTES = 1_024;
/** UTF-8 takes up to three bytes for each of JavaScript's characters; what is escaped is ASCII, and takes two. */
const MAX_BYTES_PER_CHARACTER = 3;
const ESCAPED = /["'\\\p{Cc}]/gu;

/**
 * The server's own wait for a lock, 50 seconds, is longer than Azure repeats a call. Whatever mode it is in: values are escaped by
 * backslashes, and one that does not fit is an error. A transaction that MariaDB hears no more of was left by a service that gave the
 * connection up, or died behind a network that does not tell: it must not keep what it has locked. MySQL has nothing like that.
 */
const SESSION = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION innodb_lock_wait_timeout = 5, sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'
    /*M!100300 , idle_transaction_timeout = 30 */`,
];
const MAX_PACKET = 'SELECT @@max_allowed_packet AS bytes';

type Statement = string | { sql: string };
type Callback = (error: Error | null, rows: unknown) => void;

/** The part of mysql2's connection that is used here. */
export interface ServerConnection {
  readonly stream: Socket;
  query(statement: Statement, ...rest: unknown[]): { once(event: 'end', listener: () => void): void };
  destroy(): void;
}

/** The part of mysql2's pool that is used here. */
export interface ConnectionPool {
  readonly config: { readonly connectionConfig: { connectTimeout: number } };
  on(event: 'connection' | 'acquire' | 'release', listener: (connection: ServerConnection) => void): void;
}

/**
 * What the connections of a pool to MySQL or MariaDB have in common. They read committed data and wait for locks for seconds only.
 * One is given up when the server is silent about its statement: a network that swallows packets tells nobody, and the system
 * itself would wait for a quarter of an hour. And none sends a statement that is larger than the server takes: that would end
 * the connection, and look like a server that is away.
 */
export class ServerConnections {
  private readonly all = new Set<ServerConnection>();
  private readonly idle = new Set<ServerConnection>();
  private maxPacketBytes = Infinity;
  private silenceMs = SILENCE_MS;

  constructor(private readonly pool: ConnectionPool) {
    pool.on('connection', (connection) => this.prepare(connection));
    pool.on('acquire', (connection) => this.idle.delete(connection));
    pool.on('release', (connection) => this.idle.add(connection));
  }

  /** What is sent on a connection afterwards finds it so. One on which the settings fail is of no use, and is given up. */
  prepare(connection: ServerConnection): void {
    const { stream } = connection;
    this.all.add(connection);
    stream.once('close', () => {
      this.all.delete(connection);
      this.idle.delete(connection);
    });
    this.watch(connection);
    for (const setting of SESSION) connection.query(setting, orGiveUp(stream));
    connection.query(
      MAX_PACKET,
      orGiveUp(stream, (rows) => {
        const [row] = rows as { bytes: number }[];
        this.maxPacketBytes = row?.bytes ?? Infinity;
      }),
    );
  }

  /** From now on silence is borne for a moment only: the service is about to end. */
  hurry(): void {
    this.pool.config.connectionConfig.connectTimeout = LAST_CONNECT_MS;
    this.silenceMs = LAST_SILENCE_MS;
    for (const { stream } of this.all) stream.setTimeout(this.silenceMs);
  }

  private watch(connection: ServerConnection): void {
    const { stream } = connection;
    const send = connection.query.bind(connection);
    let underWay = 0;
    connection.query = (statement, ...rest) => {
      this.refuseTooLarge(statement, rest);
      const command = send(statement, ...rest);
      underWay += 1;
      command.once('end', () => (underWay -= 1));
      return command;
    };
    stream.setTimeout(this.silenceMs);
    stream.on('timeout', () => {
      // What is not being read for now may well be there.
      if (stream.isPaused()) stream.setTimeout(this.silenceMs);
      else if (underWay > 0) this.giveUp(connection);
    });
  }

  /** The idle ones, which go the same way, are given up with it: each would cost somebody as much time to find out. */
  private giveUp({ stream }: ServerConnection): void {
    const seconds = this.silenceMs / 1_000;
    stream.destroy(failure('ETIMEDOUT', `The database server was silent about a statement for ${seconds} seconds.`));
    for (const idle of [...this.idle]) {
      idle.destroy();
      idle.stream.destroy();
    }
  }

  private refuseTooLarge(statement: Statement, rest: readonly unknown[]): void {
    const values = rest.find((each): each is unknown[] => Array.isArray(each)) ?? [];
    const sql = typeof statement === 'string' ? statement : statement.sql;
    const room = this.maxPacketBytes - PACKET_OVERHEAD_BYTES;
    if (fits(sql, values, room)) return;
    throw failure('ER_NET_PACKET_TOO_LARGE', `A statement is larger than the server's max_allowed_packet.`);
  }
}

/** Lets one connection wait for its server as long as it takes: a migration of a large table says nothing until it is done. */
export async function patiently<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  const { stream } = (await runner.connect()) as ServerConnection;
  stream.setTimeout(0);
  try {
    return await work();
  } finally {
    stream.setTimeout(SILENCE_MS);
  }
}

function orGiveUp(stream: Socket, use: (rows: unknown) => void = () => undefined): Callback {
  return (error, rows) => {
    if (error === null) use(rows);
    else stream.destroy(error);
  };
}

/** Whether a statement and its values fit into so many bytes. They are counted only where their length leaves it open. */
function fits(sql: string, values: readonly unknown[], bytes: number): boolean {
  // A number or a time takes less than 30 bytes.
  const fixed = (values.length + 1) * 30;
  let characters = sql.length;
  for (const value of values) if (typeof value === 'string') characters += value.length;
  if (fixed + characters * MAX_BYTES_PER_CHARACTER <= bytes) return true;
  let counted = fixed + escapedBytesOf(sql);
  for (const value of values) if (typeof value === 'string') counted += escapedBytesOf(value);
  return counted <= bytes;
}

function escapedBytesOf(text: string): number {
  return Buffer.byteLength(text) + (text.match(ESCAPED)?.length ?? 0);
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
