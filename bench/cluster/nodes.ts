import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../cleanup';
import { NodeProcess } from './node-process';
import { freePorts } from './ports';
import type { ServerFiles } from './server-files';

const PORTS_OF_A_NODE = 4;
const ALIKE_TIMEOUT_MS = 30_000;

/** Starts one MariaDB, or the nodes of a Galera cluster one after the other: each but the first gets its data from another. */
export async function startNodes(
  count: number,
  { files, directory, cleanup }: { files: ServerFiles; directory: string; cleanup: Cleanup },
): Promise<NodeProcess[]> {
  chownSync(directory, files.user.uid, -1);
  const ports = await freePorts(count * PORTS_OF_A_NODE);
  const groupPorts = count === 1 ? null : Array.from({ length: count }, (_, index) => portOf(ports, index, 1));
  const nodes = Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`;
    const own = join(directory, name);
    makeFolder(own, files);
    const [sql, group, increments, transfer] = [0, 1, 2, 3].map((kind) => portOf(ports, index, kind)) as [
      number,
      number,
      number,
      number,
    ];
    return new NodeProcess({ files, name, directory: own, ports: { sql, group, increments, transfer }, groupPorts });
  });
  for (const [index, node] of nodes.entries()) {
    makeFolder(node.dataDirectory, files);
    if (index === 0) install(files, node.dataDirectory);
    cleanup.add(() => node.stop());
    await node.start({ isFirst: index === 0 });
  }
  return nodes;
}

/** Waits until all nodes have applied the same. Nothing may write meanwhile. */
export async function untilAlike(nodes: readonly NodeProcess[]): Promise<void> {
  if (nodes.length === 1) return;
  const deadline = Date.now() + ALIKE_TIMEOUT_MS;
  for (;;) {
    const positions = await Promise.all(nodes.map((node) => node.status('wsrep_last_committed')));
    if (new Set(positions).size === 1) return;
    if (Date.now() > deadline) throw new Error(`The nodes stay apart: ${positions.join(', ')}.`);
    await sleep(100);
  }
}

function portOf(ports: readonly number[], node: number, kind: number): number {
  return ports[node * PORTS_OF_A_NODE + kind] as number;
}

function makeFolder(path: string, { user }: ServerFiles): void {
  mkdirSync(path);
  chownSync(path, user.uid, -1);
}

function install({ install: program, user }: ServerFiles, data: string): void {
  const folders = [`--datadir=${data}`, `--tmpdir=${dirname(data)}`];
  const args = ['--no-defaults', `--user=${user.name}`, ...folders, '--skip-test-db'];
  const { status, stdout, stderr } = spawnSync(program, [...args, '--auth-root-authentication-method=normal'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The data directory could not be made:\n${stdout}${stderr}`);
}
