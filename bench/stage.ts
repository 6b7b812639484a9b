import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalIssuer } from '../demo/issuer';
import type { Cleanup } from './cleanup';
import { databaseAt, type BenchDatabase } from './database';
import { UsageError } from './options';
import type { PlainSql } from './plain-sql';
import { Service, TENANT_ID, type ServiceOptions } from './service';

/** Where a run takes place. */
export interface Place {
  /** For logs, spools and profiles. */
  directory: string;
  issuer: LocalIssuer;
}

/** The built service on a database of its own. */
export interface Stage extends Place {
  database: BenchDatabase;
  service: Service;
  /** Past the service. */
  sql: PlainSql;
}

/** A folder and an issuer of tokens; both are gone after `cleanup`. */
export async function openPlace(cleanup: Cleanup): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'secure-export-bench-'));
  cleanup.add(() => rmSync(directory, { recursive: true, force: true }));
  const issuer = await LocalIssuer.start({ tenantId: TENANT_ID });
  cleanup.add(() => issuer.close());
  return { directory, issuer };
}

/** On the server that DATABASE_URL names, or not at all: `what` says what takes one. Gone after `cleanup`. */
export async function makeServerDatabase(directory: string, cleanup: Cleanup, what: string): Promise<BenchDatabase> {
  const database = databaseAt(databaseUrl(), directory);
  if (!database.isServer) throw new UsageError(`${what} is measured on a server: DATABASE_URL names it.`);
  return made(database, cleanup);
}

/** All that a run on one service needs, on the server that DATABASE_URL names or in a file; none of it is there after `cleanup`. */
export async function openStage(
  cleanup: Cleanup,
  options: Partial<Pick<ServiceOptions, 'profile' | 'env'>> = {},
): Promise<Stage> {
  const { directory, issuer } = await openPlace(cleanup);
  const database = await made(databaseAt(databaseUrl(), directory), cleanup);
  const started = { databaseUrl: database.url, issuer, directory, profile: false, ...options };
  const service = await Service.start(started, (spawned) => cleanup.add(() => spawned.stop()));
  const sql = await database.open();
  cleanup.add(() => sql.close());
  return { directory, issuer, database, service, sql };
}

function databaseUrl(): string | undefined {
  return process.env.DATABASE_URL?.trim() || undefined;
}

async function made(database: BenchDatabase, cleanup: Cleanup): Promise<BenchDatabase> {
  cleanup.add(() => database.drop());
  await database.create();
  return database;
}
