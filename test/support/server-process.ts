import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalIssuer } from '../../demo/issuer';
import { freePort } from './free-port';
import { AUDIENCE, TENANT_ID } from './test-app';

const ROOT = join(__dirname, '../..');
const START_TIMEOUT_MS = 60_000;

/** What {@link ServerProcess} starts is built from the sources as they are. */
export function buildService(): void {
  const build = spawnSync(process.execPath, ['scripts/build-if-needed.mjs'], { cwd: ROOT, encoding: 'utf8' });
  if (build.status !== 0) throw new Error(build.stdout + build.stderr);
}

/** The built service as a process of its own, as an operator runs it. */
export class ServerProcess {
  output = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Resolves when it is ready; `databaseUrl` is its alone or shared with others. */
  static async start(issuer: LocalIssuer, databaseUrl: string, env: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
    const port = await freePort();
    const caFile = join(mkdtempSync(join(tmpdir(), 'secure-export-ca-')), 'ca.pem');
    writeFileSync(caFile, issuer.caPem);
    const child = spawn(process.execPath, ['dist/main.js'], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        METRICS_PORT: '',
        SPOOL_DIR: '',
        DATABASE_URL: databaseUrl,
        AZURE_AD_TENANT_ID: TENANT_ID,
        AZURE_AD_AUDIENCE: AUDIENCE,
        AZURE_AD_AUTHORITY: issuer.url,
        AZURE_AD_CA_FILE: caFile,
        ...env,
      },
    });
    const server = new ServerProcess(child, `http://127.0.0.1:${port}`);
    try {
      await server.untilReady();
    } finally {
      rmSync(join(caFile, '..'), { recursive: true, force: true });
    }
    return server;
  }

  /** Resolves with the exit code, or the signal that ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    if (this.hasEnded) return this.child.exitCode ?? this.child.signalCode;
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
      this.child.once('exit', (code, by) => resolve(code ?? by));
    });
    this.child.kill(signal);
    return ended;
  }

  /** Holds it still, as if it were busy with something else; `SIGCONT` lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async post(token: string, payload: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.url}/api/v1/webhooks/azure-monitor`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async get<T>(token: string, path: string): Promise<T> {
    const response = await fetch(this.url + path, { headers: { authorization: `Bearer ${token}` } });
    return (await response.json()) as T;
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline && !this.hasEnded) {
      const ready = await fetch(`${this.url}/health/ready`).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) return;
      await sleep(50);
    }
    await this.stop('SIGKILL');
    throw new Error(`The service did not get ready:\n${this.output}`);
  }
}
