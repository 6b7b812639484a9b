import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalIssuer } from '../demo/issuer';
import { RETENTION_CLASSES } from '../src/common/retention/retention-days.rules';

export const TENANT_ID = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const AZURE_MONITOR_APP_ID = '461e8683-5575-4561-ac7f-899cc907d62a';
const WEBHOOK_ROLE = 'ActionGroupsSecureWebhook';
export const WEBHOOK_PATH = '/api/v1/webhooks/azure-monitor';

const RECORDER = join(__dirname, 'search/statement-recorder.js');

const PACKAGE = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<'start:prod', string> };
/** What Node.js is given in production, the file to run last. */
const PRODUCTION = PACKAGE.scripts['start:prod'].split(' ').slice(1);

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

export interface ServiceOptions {
  databaseUrl: string;
  issuer: LocalIssuer;
  /** An existing directory for its log, its spool and its profile. */
  directory: string;
  profile: boolean;
  /** Further settings. */
  env?: NodeJS.ProcessEnv;
  /** Serves its metrics, too. */
  metrics?: boolean;
  /** A file that gets every statement that the service sends. */
  statementsFile?: string;
}

/** The built service as a child process, as it runs in production. */
export class Service {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    /** null = it serves no metrics. */
    readonly metricsPort: number | null,
    private readonly logFile: string,
  ) {}

  /** Resolves when it is ready for requests. `onSpawn` gets the service as soon as there is something to stop. */
  static async start(options: ServiceOptions, onSpawn: (service: Service) => void): Promise<Service> {
    const port = await freePort();
    const metricsPort = options.metrics === true ? await freePort() : null;
    const logFile = join(options.directory, 'service.log');
    const log = openSync(logFile, 'a');
    const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.directory}`] : [];
    const recording = options.statementsFile === undefined ? [] : ['--require', RECORDER];
    const child = spawn(process.execPath, [...profiling, ...recording, ...PRODUCTION], {
      env: environment(options, { port, metricsPort }),
      stdio: ['ignore', log, log],
    });
    const service = new Service(child, port, metricsPort, logFile);
    onSpawn(service);
    await service.ready();
    return service;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    const force = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  }

  private get hasEnded(): boolean {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.answersReady())) {
      if (this.hasEnded) throw new Error(`The service did not start:\n${this.lastLogLines()}`);
      if (Date.now() > deadline) throw new Error(`The service is not ready:\n${this.lastLogLines()}`);
      await sleep(100);
    }
  }

  private async answersReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/health/ready`)).ok;
    } catch {
      return false;
    }
  }

  private lastLogLines(): string {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(-15).join('\n');
  }
}

/** A token of somebody who may do what these roles may. */
export function personToken(issuer: LocalIssuer, roles: readonly string[]): string {
  return issuer.mint({ appId: AZURE_MONITOR_APP_ID, roles, lifetimeSeconds: 4 * 3_600 });
}

/** A token of somebody who may read. */
export function viewerToken(issuer: LocalIssuer): string {
  return personToken(issuer, ['Viewer']);
}

/** A token of somebody who may import. */
export function operatorToken(issuer: LocalIssuer): string {
  return personToken(issuer, ['Operator']);
}

/** A token as Azure Monitor brings it. */
export function azureToken(issuer: LocalIssuer): string {
  return issuer.mint({ appId: AZURE_MONITOR_APP_ID, roles: [WEBHOOK_ROLE], lifetimeSeconds: 4 * 3_600 });
}

function environment(
  { databaseUrl, issuer, directory, statementsFile, env = {} }: ServiceOptions,
  { port, metricsPort }: { port: number; metricsPort: number | null },
): NodeJS.ProcessEnv {
  const caFile = join(directory, 'issuer-ca.pem');
  writeFileSync(caFile, issuer.caPem);
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    AZURE_AD_TENANT_ID: TENANT_ID,
    AZURE_AD_AUDIENCE: issuer.resource.clientId,
    AZURE_AD_AUTHORITY: issuer.url,
    AZURE_AD_CA_FILE: caFile,
    WEBHOOK_ALLOWED_APP_IDS: AZURE_MONITOR_APP_ID,
    SPOOL_DIR: join(directory, 'spool'),
    // What a bench fills in is years old, and has to stay while it is asked for.
    RETENTION_DAYS: RETENTION_CLASSES.map((dataClass) => `${dataClass}=never`).join(','),
    METRICS_PORT: metricsPort === null ? '' : String(metricsPort),
    BENCH_STATEMENTS_FILE: statementsFile,
    ...env,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
