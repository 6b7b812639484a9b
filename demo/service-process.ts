import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';

const SERVER = join(__dirname, '../dist/main.js');
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 100;
/** The service itself gives up after 9 s. */
const STOP_TIMEOUT_MS = 12_000;
const START_ATTEMPTS = 3;
const LOG_TAIL_LINES = 15;

/** What a child needs of this process to run at all; its configuration is only what the demo gives it. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'TZ'];

/** Something that the one who started the demo can put right; the message says how. */
export class DemoError extends Error {}

interface Ports {
  port: number;
  metricsPort: number;
}

/** The built service as a process of its own, configured by its environment alone; its log goes to a file. */
export class ServiceProcess {
  /** Resolves with the exit code when the process has ended, for whatever reason. */
  readonly ended: Promise<number | null>;

  private constructor(
    readonly ports: Ports,
    private readonly child: ChildProcess,
  ) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.once('error', () => resolve(null));
    });
    process.once('exit', () => child.kill('SIGTERM'));
  }

  get url(): string {
    return `http://${HOST}:${this.ports.port}`;
  }

  get metricsUrl(): string {
    return `http://${HOST}:${this.ports.metricsPort}/metrics`;
  }

  /** Resolves when the service is ready. `env` is the configuration without the ports. */
  static async start({ env, logFile }: { env: NodeJS.ProcessEnv; logFile: string }): Promise<ServiceProcess> {
    for (let attempt = 1; ; attempt += 1) {
      const ports = await choosePorts();
      const service = new ServiceProcess(ports, spawnService({ ...env, ...portVariables(ports) }, logFile));
      if (await service.becomesReady()) return service;
      await service.stop();
      // Another process may have taken the port since it was found free.
      const lostThePort = readFileSync(logFile, 'utf8').includes('EADDRINUSE') && attempt < START_ATTEMPTS;
      if (!lostThePort) throw new DemoError(`The service did not start. The end of ${logFile}:\n${tailOf(logFile)}`);
    }
  }

  /** Asks it to stop, as an orchestrator does, and waits until it has. */
  async stop(): Promise<void> {
    const kill = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    if (this.isRunning()) this.child.kill('SIGTERM');
    await this.ended;
    clearTimeout(kill);
  }

  private isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  private async becomesReady(): Promise<boolean> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (this.isRunning() && Date.now() < deadline) {
      if (await isReady(this.url)) return this.isRunning();
      await sleep(READY_POLL_MS);
    }
    return false;
  }
}

function spawnService(env: NodeJS.ProcessEnv, logFile: string): ChildProcess {
  const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
  const log = openSync(logFile, 'w');
  try {
    return spawn(process.execPath, [SERVER], { env: { ...inherited, ...env }, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

function portVariables({ port, metricsPort }: Ports): NodeJS.ProcessEnv {
  return { HOST, PORT: String(port), METRICS_PORT: String(metricsPort) };
}

async function choosePorts(): Promise<Ports> {
  return { port: await choosePort('PORT', 3000), metricsPort: await choosePort('METRICS_PORT', 9464) };
}

/** The port that the environment asks for, or else the usual one, or else any free one. */
async function choosePort(variable: string, usual: number): Promise<number> {
  const wanted = process.env[variable]?.trim();
  if (!wanted) return (await openedPort(usual)) ?? ((await openedPort(0)) as number);
  if (!/^\d{1,5}$/.test(wanted) || Number(wanted) > 65_535)
    throw new DemoError(`${variable}=${wanted} is no port: it must be a number from 0 to 65535.`);
  const port = await openedPort(Number(wanted));
  if (port !== null) return port;
  throw new DemoError(
    `Port ${wanted} is taken. Choose another one (${variable}=${Number(wanted) + 1} npm run demo), or set none and the demo finds a free one.`,
  );
}

/** The number of a port that could be listened on just now; null if it is taken. */
function openedPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

function tailOf(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
