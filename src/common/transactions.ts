import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager, QueryFailedError } from 'typeorm';

const MAX_ATTEMPTS = 12;

/**
 * Opens the one transaction of a use case: READ COMMITTED on MySQL and MariaDB, one at a time on SQLite, where all share a
 * single connection. A transaction that loses a race (deadlock, lock wait, a unique key that another one took first) is
 * rolled back and the *whole* callback runs again, so the callback must read what it decides on and must not keep state.
 */
@Injectable()
export class Transactions {
  private tail: Promise<unknown> = Promise.resolve();
  /** There is one connection, and one transaction at a time. */
  readonly isSerial: boolean;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    this.isSerial = dataSource.options.type === 'better-sqlite3';
  }

  async run<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await (this.isSerial ? this.alone(work) : this.dataSource.transaction(work));
      } catch (error) {
        if (attempt >= maxAttempts(error)) throw error;
        await sleep(Math.random() * Math.min(200, 4 * 2 ** attempt));
      }
    }
  }

  /** TypeORM would interleave two transactions on SQLite's single connection. */
  private alone<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const result = this.tail.then(() => this.dataSource.transaction(work));
    this.tail = result.catch(() => undefined);
    return result;
  }
}

/** A lock that was not given within seconds will not be given soon: others wait behind this transaction. */
function maxAttempts(error: unknown): number {
  if (driverCode(error) === 'ER_LOCK_WAIT_TIMEOUT') return 2;
  if (isDuplicateKey(error)) return MAX_ATTEMPTS / 2;
  return isLostRace(error) ? MAX_ATTEMPTS : 1;
}

/** A failure that running the whole transaction again can cure. */
export function isLostRace(error: unknown): boolean {
  const code = driverCode(error);
  return (
    isDuplicateKey(error) ||
    ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD'].includes(code) ||
    code.startsWith('SQLITE_BUSY')
  );
}

/** A unique key already holds this value. */
function isDuplicateKey(error: unknown): boolean {
  return ['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY'].includes(driverCode(error));
}

/**
 * The database can't be reached or can't write now, through no fault of the request: the connection failed, the pool is
 * exhausted, the server is read-only, shutting down, or a node without its cluster. Anything else (bad SQL, data too long) is about the statement.
 */
export function isDatabaseAway(error: unknown): boolean {
  const code = driverCode(error);
  return (
    AWAY_CODES.has(code) ||
    SQLITE_AWAY.test(code) ||
    (error instanceof Error &&
      /Pool is closed|closed state|not open|not established|No connections available/i.test(error.message))
  );
}

/** The server does not answer, as opposed to: it answers that the service may not come in, or not write. */
export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE_CODES.has(driverCode(error));
}

const UNREACHABLE_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'PROTOCOL_CONNECTION_LOST',
  'ER_CON_COUNT_ERROR',
  'ER_SERVER_SHUTDOWN',
  // A node of a Galera cluster that is not up to date, or has no majority: "WSREP has not yet prepared node for application use".
  'ER_UNKNOWN_COM_ERROR',
]);

const AWAY_CODES: ReadonlySet<string> = new Set([
  ...UNREACHABLE_CODES,
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'POOL_CLOSED',
  'POOL_NONEONLINE',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_CONNECTION_KILLED',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_ACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
  'ER_QUERY_INTERRUPTED',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_LOCK_DEADLOCK',
]);

/** Each of them with what SQLite adds to it, such as SQLITE_IOERR_WRITE. */
const SQLITE_AWAY = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY)/;

function driverCode(error: unknown): string {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : '';
  return typeof code === 'string' ? code : '';
}
