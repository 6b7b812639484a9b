import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function build(script, ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/** Builds what a program of bench/ needs, and runs it with the arguments of this one; ends as it does. */
export function runBench(program) {
  build('scripts/build-if-needed.mjs');
  build('node_modules/typescript/bin/tsc', '-p', 'bench/tsconfig.json');
  const child = spawn(process.execPath, [join('dist-bench/bench', program), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  // Ctrl-C reaches the program as well, which ends its children and drops its database first.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
}
