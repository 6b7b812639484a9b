/** Builds what a run on several instances needs, and runs it. */
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

run(join(root, 'scripts/build-if-needed.mjs'));
run('node_modules/typescript/bin/tsc', '-p', 'bench/tsconfig.json');

// Ctrl-C reaches the run as well, which ends its children and removes their data first.
const cluster = spawn(process.execPath, ['dist-bench/bench/cluster/main.js', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => cluster.kill('SIGTERM'));
cluster.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
