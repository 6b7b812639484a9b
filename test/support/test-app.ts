import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LocalIssuer } from '../../demo/issuer';
import { KeyRing } from '../../src/auth/keys/key-ring';
import { createApp } from '../../src/bootstrap';
import { Clock } from '../../src/common/clock';
import { AZURE_MONITOR_APP_ID, readConfig, type Config } from '../../src/common/config';
import { Schedule } from '../../src/common/schedule/schedule';
import { freshDatabase, type Engine, type TestDatabase } from './database';

export const TENANT_ID = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
export const AUDIENCE = '5ec04e00-0000-4000-8000-000000000001';

const MAX_ATTEMPTS = 20;

/** What a call answered. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  body: T;
}

export interface TestAppOptions {
  engine?: Engine;
  /** A database that the test owns. */
  databaseUrl?: string;
  env?: NodeJS.ProcessEnv;
  /** A second instance on the database and the issuer of this one. */
  shared?: TestApp;
  /** Lets the scheduled tasks have their turns by themselves; else a test gives them one with `Schedule.run`. */
  schedule?: boolean;
  /** Takes the place of the service's clock; tokens are judged by the real time all the same. */
  clock?: Clock;
}

/** The whole service on a database of its own, with a local issuer, called over HTTP. */
export class TestApp {
  readonly logLines: Record<string, unknown>[] = [];

  private constructor(
    readonly app: NestFastifyApplication,
    readonly issuer: LocalIssuer,
    readonly databaseUrl: string,
    private readonly owned: { database?: TestDatabase; issuer?: LocalIssuer },
    logLines: Record<string, unknown>[],
  ) {
    this.logLines = logLines;
  }

  static async start(options: TestAppOptions = {}): Promise<TestApp> {
    const givenUrl = options.shared?.databaseUrl ?? options.databaseUrl;
    const database = givenUrl === undefined ? await freshDatabase(options.engine ?? 'sqlite') : undefined;
    const issuer = options.shared?.issuer ?? (await LocalIssuer.start({ tenantId: TENANT_ID }));
    const url = givenUrl ?? database?.url ?? '';
    const logLines: Record<string, unknown>[] = [];
    const app = await createApp(configFor(url, issuer, options.env), linesInto(logLines));
    const { clock, schedule = false } = options;
    if (clock !== undefined) app.get(Clock).now = () => clock.now();
    if (!schedule) app.get(Schedule).pause();
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    await readKeys(app.get(KeyRing));
    return new TestApp(app, issuer, url, { database, issuer: options.shared ? undefined : issuer }, logLines);
  }

  /** A token of a person or program with these roles. */
  token(...roles: string[]): string {
    return this.issuer.mint({ audience: AUDIENCE, roles, scope: 'access_as_user', name: 'Test' });
  }

  /** The token that Azure Monitor's service identity brings. */
  azureToken(): string {
    return this.issuer.mint({ audience: AUDIENCE, appId: AZURE_MONITOR_APP_ID, roles: ['ActionGroupsSecureWebhook'] });
  }

  async call<T = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT',
    url: string,
    options: { as?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const text = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    const response = await this.app.inject({
      method,
      url,
      headers: {
        ...(options.as === undefined ? {} : { authorization: `Bearer ${options.as}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { payload: text }),
    });
    return { status: response.statusCode, headers: response.headers, body: parse(response.body) as T };
  }

  /** Posts an alert as Azure Monitor does. */
  post<T = Record<string, unknown>>(payload: unknown): Promise<Answer<T>> {
    return this.call<T>('POST', '/api/v1/webhooks/azure-monitor', { as: this.azureToken(), body: payload });
  }

  /** The same, and again for as long as the service has no time for it; what is taken twice is a duplicate then. */
  async deliver<T = Record<string, unknown>>(payload: unknown): Promise<Answer<T>> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.post<T>(payload);
      if (answer.status !== 503 || attempt === MAX_ATTEMPTS) return answer;
      await sleep(100);
    }
  }

  get<T = Record<string, unknown>>(url: string, role = 'Viewer'): Promise<Answer<T>> {
    return this.call<T>('GET', url, { as: this.token(role) });
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.owned.issuer?.close();
    await this.owned.database?.drop();
  }
}

/** The service reads them while it starts, and gives up soon; the issuer is in this process, which may have no time for it then. */
async function readKeys(ring: KeyRing): Promise<void> {
  const isRead = (): boolean => ring.status().v1.keyCount > 0 && ring.status().v2.keyCount > 0;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && !isRead(); attempt += 1) await ring.warmUp();
}

function configFor(url: string, issuer: LocalIssuer, env: NodeJS.ProcessEnv = {}): Config {
  const config = readConfig({
    DATABASE_URL: url,
    AZURE_AD_TENANT_ID: TENANT_ID,
    AZURE_AD_AUDIENCE: `${AUDIENCE},api://secure-export`,
    AZURE_AD_AUTHORITY: issuer.url,
    METRICS_PORT: '',
    SPOOL_DIR: '',
    ...env,
  });
  return { ...config, authorityCa: issuer.caPem };
}

function linesInto(lines: Record<string, unknown>[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
