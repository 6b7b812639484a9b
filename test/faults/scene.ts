import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { LocalIssuer } from '../../demo/issuer';
import { AZURE_MONITOR_APP_ID } from '../../src/common/config';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { ENTITIES } from '../../src/database/entities';
import { MIGRATIONS } from '../../src/database/migrations';
import { ServerProcess } from '../support/server-process';
import { TcpProxy } from '../support/tcp-proxy';
import { AUDIENCE, TENANT_ID } from '../support/test-app';
import { AlertLoad } from './alert-load';
import { findingsOf } from './findings';

const DRAIN_TIMEOUT_MS = 120_000;

/** Statuses that an action group may see, whatever happens: done, kept, come back, and no answer from what is being killed. */
const FORESEEN: ReadonlySet<number> = new Set([200, 202, 503, 0]);

export interface SceneOptions {
  /** Straight to the database; the service comes through a proxy. */
  databaseUrl: string;
  /** The service keeps what the database does not take. */
  spool?: boolean;
  env?: NodeJS.ProcessEnv;
}

/** The service as a process, between a load and a database, each of which may fail. */
export class Scene {
  readonly spoolDir = mkdtempSync(join(tmpdir(), 'secure-export-faults-'));
  private service: ServerProcess | null = null;
  private readonly started: ServerProcess[] = [];
  private readonly loads: AlertLoad[] = [];
  private readonly azure: string;
  private readonly viewer: string;

  private constructor(
    private readonly options: SceneOptions,
    private readonly issuer: LocalIssuer,
    readonly proxy: TcpProxy | null,
  ) {
    this.azure = issuer.mint({ audience: AUDIENCE, appId: AZURE_MONITOR_APP_ID, roles: ['ActionGroupsSecureWebhook'] });
    this.viewer = issuer.mint({ audience: AUDIENCE, roles: ['Viewer'], scope: 'access_as_user' });
  }

  /** The service is up when it resolves. */
  static async start(options: SceneOptions): Promise<Scene> {
    const issuer = await LocalIssuer.start({ tenantId: TENANT_ID });
    const proxy = await proxyTo(options.databaseUrl);
    const scene = new Scene(options, issuer, proxy);
    try {
      await scene.startService();
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  async startService(): Promise<void> {
    this.service = await this.anotherService(this.spoolDir);
  }

  /** One more instance on the same database. */
  async anotherService(spoolDir: string): Promise<ServerProcess> {
    const SPOOL_DIR = this.options.spool === true ? spoolDir : '';
    const service = await ServerProcess.start(this.issuer, this.serviceUrl, { SPOOL_DIR, ...this.options.env });
    this.started.push(service);
    return service;
  }

  /** Resolves with the exit code, or the signal. */
  async stopService(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | NodeJS.Signals | null> {
    const { service } = this;
    this.service = null;
    return service === null ? null : service.stop(signal);
  }

  /** What the service has logged since it was started. */
  get log(): string {
    return this.service?.output ?? '';
  }

  /** Begins at once. */
  load(): AlertLoad {
    const load = new AlertLoad((payload) => this.post(payload));
    this.loads.push(load);
    return load;
  }

  /** For a load that calls the service as it is now by itself. */
  get webhook(): { port: number; token: string } {
    if (this.service === null) throw new Error('The service is down.');
    return { port: Number(new URL(this.service.url).port), token: this.azure };
  }

  async post(payload: unknown): ReturnType<ServerProcess['post']> {
    if (this.service === null) throw new Error('The service is down.');
    return this.service.post(this.azure, payload);
  }

  async get<T>(path: string): Promise<T> {
    if (this.service === null) throw new Error('The service is down.');
    return this.service.get<T>(this.viewer, path);
  }

  /** Files of all slots in which deliveries wait. */
  spoolFiles(): string[] {
    if (!existsSync(this.spoolDir)) return [];
    return readdirSync(this.spoolDir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.spool'));
  }

  async untilSpoolIsEmpty(): Promise<void> {
    const deadline = Date.now() + DRAIN_TIMEOUT_MS;
    while (this.spoolFiles().length > 0) {
      if (Date.now() > deadline) throw new Error(`The spool still holds ${this.spoolFiles().join()}:\n${this.log}`);
      await sleep(50);
    }
  }

  /** Ends the load, and answers what is wrong then; nothing is. */
  async settle(load: AlertLoad): Promise<string[]> {
    await load.end();
    await this.untilSpoolIsEmpty();
    const sql = await this.database();
    try {
      const statuses = [...load.statuses.keys()].filter((status) => !FORESEEN.has(status));
      return [
        ...statuses.map((status) => `${load.countOf(status)} calls were answered ${status}`),
        ...(await findingsOf(sql, load)),
        ...(await this.listedFindings(load)),
      ];
    } finally {
      await sql.destroy();
    }
  }

  /** Straight to the database, whatever lies between it and the service. Who asks for it destroys it. */
  database(): Promise<DataSource> {
    const settings = { databaseUrl: this.options.databaseUrl, databasePoolSize: 2 };
    return connect(createDataSource(dataSourceOptions(settings, ENTITIES, MIGRATIONS)));
  }

  async close(): Promise<void> {
    for (const service of this.started) await service.stop('SIGKILL');
    for (const load of this.loads) await load.giveUp();
    await this.proxy?.close();
    await this.issuer.close();
    rmSync(this.spoolDir, { recursive: true, force: true });
  }

  /** The same from where a person looks: every signature has one work item, in its state. */
  private async listedFindings(load: AlertLoad): Promise<string[]> {
    const states = new Map<string, number>();
    let cursor: string | null = null;
    do {
      const path: string = `/api/v1/work-items?limit=200${cursor === null ? '' : `&cursor=${cursor}`}`;
      const page: { items: { state: string }[]; nextCursor: string | null } = await this.get(path);
      for (const { state } of page.items) states.set(state, (states.get(state) ?? 0) + 1);
      cursor = page.nextCursor;
    } while (cursor !== null);
    const expected = [...load.expected.values()];
    return (['new', 'resolved'] as const).flatMap((state) => {
      const wanted = expected.filter((each) => each.state === state).length;
      return states.get(state) === wanted ? [] : [`${states.get(state) ?? 0} work items are ${state}, not ${wanted}`];
    });
  }

  private get serviceUrl(): string {
    if (this.proxy === null) return this.options.databaseUrl;
    const url = new URL(this.options.databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String(this.proxy.port);
    return url.toString();
  }
}

async function proxyTo(databaseUrl: string): Promise<TcpProxy | null> {
  if (databaseUrl.startsWith('sqlite:')) return null;
  const { hostname, port } = new URL(databaseUrl);
  return TcpProxy.start({ host: hostname, port: Number(port || 3306) });
}
