// npm run check:docker: does what docker/Dockerfile says without Docker, in an empty folder, and runs what comes out. It
// finds what an image would lack: a file that .dockerignore keeps back, a devDependency that is needed after all, a stop
// that is not clean. What only an image has (its user, its Debian packages) it can't tell.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execFormOf, stagesOf, variablesOf } from './dockerfile.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** These change the system of the image, and this machine is not it. */
const OF_THE_IMAGE = /^(?:apt-get|install -d -o) /;
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

const work = mkdtempSync(join(tmpdir(), 'secure-export-image-'));
try {
  const stages = stagesOf(readFileSync(join(ROOT, 'docker/Dockerfile'), 'utf8'));
  const images = new Map();
  for (const stage of stages) images.set(stage.name, build(stage, images));
  const image = images.get(null);
  mustHaveNoDevDependency(image);
  mustStartAsProduction(image);
  await mustRun(image);
  console.log('The image would start, answer its health check and stop cleanly.');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** A folder for the stage's file system, filled as its instructions say. */
function build({ name, instructions }, images) {
  const image = { root: join(work, name ?? 'final'), folder: '/', env: {}, command: [], healthCheck: [] };
  mkdirSync(image.root);
  for (const { name: instruction, argument } of instructions) {
    if (instruction === 'WORKDIR') image.folder = argument;
    else if (instruction === 'ENV') Object.assign(image.env, variablesOf(argument));
    else if (instruction === 'COPY') copy(image, argument, images);
    else if (instruction === 'RUN') run(image, argument);
    else if (instruction === 'CMD') image.command = execFormOf(argument);
    else if (instruction === 'HEALTHCHECK') image.healthCheck = execFormOf(argument);
  }
  return image;
}

function copy(image, argument, images) {
  const [, from] = /^--from=(\S+)\s/.exec(argument) ?? [];
  const paths = argument.split(/\s+/).filter((word) => !word.startsWith('--'));
  const target = paths.pop();
  for (const path of paths) {
    const source = from === undefined ? join(context(), path) : inside(images.get(from), path);
    if (!existsSync(source)) throw new Error(`COPY: ${path} is not there, or .dockerignore keeps it back.`);
    const destination = target.endsWith('/')
      ? join(inside(image, target), path.split('/').at(-1))
      : inside(image, target);
    cpSync(source, destination, { recursive: true, verbatimSymlinks: true });
  }
}

function run(image, command) {
  if (OF_THE_IMAGE.test(command)) return console.log(`(left to the image) ${command.slice(0, 60)}…`);
  console.log(`RUN ${command}`);
  const startedAt = Date.now();
  mkdirSync(inside(image, '.'), { recursive: true });
  const { status } = spawnSync('sh', ['-ec', command], {
    cwd: inside(image, '.'),
    env: cleanEnv(image.env),
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`RUN ${command} failed.`);
  console.log(`    ${Math.round((Date.now() - startedAt) / 1000)} s`);
}

/** The files of the repository that .dockerignore lets through. */
function context() {
  const folder = join(work, 'context');
  if (existsSync(folder)) return folder;
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of stdout.toString().split('\0').filter(Boolean)) {
    if (!isLetThrough(file) || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  return folder;
}

/** The last pattern that matches decides. */
function isLetThrough(file) {
  const patterns = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => /^[^#\s]/.test(line));
  const decisive = patterns.findLast((pattern) => matches(pattern.replace(/^!/, ''), file));
  return decisive === undefined || decisive.startsWith('!');
}

function matches(pattern, file) {
  const source = pattern
    .replaceAll(/[.]/g, '[.]')
    .replaceAll(/[*][*][/]|[*]/g, (star) => (star === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/|$)`).test(file);
}

function inside({ root, folder }, path) {
  return join(root, path.startsWith('/') ? path : join(folder, path));
}

/** Nothing of this shell but what a program needs to run at all. */
function cleanEnv(env) {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, ...env };
}

function mustHaveNoDevDependency(image) {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const found = Object.entries(lock.packages)
    .filter(([path, { dev }]) => dev && existsSync(inside(image, path)))
    .map(([path]) => path);
  if (found.length > 0) throw new Error(`The image has devDependencies: ${found.slice(0, 5).join(', ')} …`);
}

function mustStartAsProduction({ command }) {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  if (command.join(' ') === scripts['start:prod']) return;
  throw new Error(`CMD and the script start:prod must be the same: ${command.join(' ')}, ${scripts['start:prod']}`);
}

async function mustRun(image) {
  const port = await freePort();
  const env = cleanEnv({
    ...image.env,
    HOST: '127.0.0.1',
    PORT: String(port),
    METRICS_PORT: '',
    AZURE_AD_TENANT_ID: '00000000-0000-0000-0000-000000000000',
    AZURE_AD_AUDIENCE: 'api://secure-export',
  });
  const [program, ...args] = image.command;
  const service = spawn(program, args, { cwd: inside(image, '.'), env, stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => service.once('exit', (code, signal) => resolve(code ?? signal)));
  try {
    await mustBecomeHealthy(image, env, ended);
    service.kill('SIGTERM');
    const code = await Promise.race([ended, sleep(STOP_TIMEOUT_MS, 'still running', { ref: false })]);
    if (code !== 0) throw new Error(`SIGTERM must end it with exit code 0 within ${STOP_TIMEOUT_MS} ms: ${code}`);
  } finally {
    service.kill('SIGKILL');
  }
}

async function mustBecomeHealthy(image, env, ended) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const [program, ...args] = image.healthCheck;
  while (spawnSync(program, args, { env }).status !== 0) {
    if (hasEnded) throw new Error(`It ended before its health check was answered: ${await ended}`);
    if (Date.now() > deadline) throw new Error('Its health check was never answered.');
    await sleep(200);
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
