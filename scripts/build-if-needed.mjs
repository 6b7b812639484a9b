// Builds the service if dist/ is missing or older than its sources. `npm start` runs it first, the demo uses it too.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const LOCK = join(ROOT, 'node_modules/.cache/secure-export-build.lock');
const LOCK_POLL_MS = 200;

const SERVICE = {
  name: 'the service',
  sources: ['src', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'],
  output: 'dist/main.js',
  compilerPackage: '@nestjs/cli',
  command: ['node_modules/@nestjs/cli/bin/nest.js', 'build'],
};

const DEMO = {
  name: 'the demo',
  sources: ['demo', 'tsconfig.json'],
  output: 'dist-demo/main.js',
  compilerPackage: 'typescript',
  command: ['node_modules/typescript/bin/tsc', '-p', 'demo/tsconfig.json'],
};

/** It can't be built; the message says what to do. */
export class BuildError extends Error {}

/** Builds what is missing or out of date of the service, and of the demo if that is wanted too. */
export async function buildIfNeeded({ demo = false } = {}) {
  const targets = demo ? [SERVICE, DEMO] : [SERVICE];
  if (targets.every(isFresh)) return;
  await withLock(() => {
    for (const target of targets) if (!isFresh(target)) build(target);
  });
}

function isFresh({ sources, output }) {
  const outputPath = join(ROOT, output);
  if (!existsSync(outputPath)) return false;
  const stamp = stampOf(output);
  const builtMs = statSync(existsSync(stamp) ? stamp : outputPath).mtimeMs;
  return sources.every((source) => newestMs(join(ROOT, source)) <= builtMs);
}

function isBuildable({ command }) {
  return existsSync(join(ROOT, command[0]));
}

function build(target) {
  if (!isBuildable(target)) return useAsItIs(target);
  console.error(`Building ${target.name} …`);
  const startedAt = new Date();
  // An incremental build writes nothing for what it believes to be there still.
  rmSync(join(ROOT, dirname(target.output)), { recursive: true, force: true });
  rmSync(join(ROOT, 'node_modules/.cache/tsconfig.build.tsbuildinfo'), { force: true });
  const { status } = spawnSync(process.execPath, target.command, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new BuildError(`Building ${target.name} failed; see above.`);
  writeFileSync(stampOf(target.output), '');
  utimesSync(stampOf(target.output), startedAt, startedAt);
}

function useAsItIs(target) {
  const { output, compilerPackage } = target;
  if (!existsSync(join(ROOT, output))) throw new BuildError(whatToDo(target));
  console.error(`${output} is older than its sources, and ${compilerPackage} is not installed: used as it is.`);
}

/** Its time is when the build began: what was edited while it ran is newer. */
function stampOf(output) {
  return join(ROOT, dirname(output), '.built');
}

function whatToDo({ name, output, compilerPackage }) {
  return [
    `${output} is missing, and ${compilerPackage}, which builds ${name}, is not installed.`,
    'Install the devDependencies as well and start again:  npm ci --include=dev',
    'In production, build first (npm ci && npm run build), then run: npm ci --omit=dev && npm run start:prod',
  ].join('\n');
}

function newestMs(path) {
  if (!existsSync(path)) return 0;
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

/** Two starts at once must not build into one folder: the later one waits, and finds everything built. */
async function withLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  while (!takeLock()) await sleep(LOCK_POLL_MS);
  try {
    work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isHolderAlive()) rmSync(LOCK, { force: true });
    return false;
  }
}

function isHolderAlive() {
  try {
    const holder = Number(readFileSync(LOCK, 'utf8'));
    // Just created and not yet written: its holder is alive.
    if (holder === 0) return true;
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildIfNeeded();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
