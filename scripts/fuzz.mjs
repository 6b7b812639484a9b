/** Builds what the fuzz run needs, and runs it: npm run fuzz */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

const buildIfNeeded = join(root, 'scripts/build-if-needed.mjs');
if (existsSync(buildIfNeeded)) run(buildIfNeeded);
else run('node_modules/@nestjs/cli/bin/nest.js', 'build');
run('node_modules/typescript/bin/tsc', '-p', 'bench/tsconfig.json');

const fuzz = spawn(process.execPath, ['dist-bench/bench/fuzz/main.js', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
// Ctrl-C reaches the run as well, which ends its children and drops its database first.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => fuzz.kill('SIGTERM'));
fuzz.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
