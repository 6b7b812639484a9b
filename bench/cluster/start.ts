import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalIssuer } from '../../demo/issuer';
import type { Cleanup } from '../cleanup';
import { TENANT_ID } from '../service';
import { Instance } from './instance';
import type { NodeProcess } from './node-process';
import { startNodes } from './nodes';
import type { ClusterOptions } from './options';
import { findServerFiles } from './server-files';

/** The database nodes, and the instances of the service on them in turn. */
export interface Cluster {
  nodes: NodeProcess[];
  instances: Instance[];
  issuer: LocalIssuer;
}

export const DATABASE = 'secure_export_cluster';

/** Starts everything, and leaves nothing that `cleanup` does not end. */
export async function startCluster(
  options: ClusterOptions,
  cleanup: Cleanup,
  progress: (text: string) => void,
): Promise<Cluster> {
  const files = findServerFiles(options.nodes);
  const directory = mkdtempSync(join(tmpdir(), 'secure-export-cluster-'));
  if (options.keep) progress(`data and logs stay in ${directory}`);
  else cleanup.add(() => rmSync(directory, { recursive: true, force: true }));
  progress(options.nodes === 1 ? 'starting MariaDB' : `starting ${options.nodes} nodes of a Galera cluster`);
  const nodes = await startNodes(options.nodes, { files, directory, cleanup });
  await (nodes[0] as NodeProcess).query(`CREATE DATABASE ${DATABASE}`);
  const issuer = await LocalIssuer.start({ tenantId: TENANT_ID });
  cleanup.add(() => issuer.close());
  const instances = Array.from({ length: options.instances }, (_, index) => {
    const node = nodes[index % nodes.length] as NodeProcess;
    const name = `instance-${index + 1}`;
    const parts = { databaseUrl: node.urlOf(DATABASE), issuer, directory: join(directory, name), cleanup };
    return new Instance(name, parts);
  });
  progress(`starting ${options.instances} instances at once`);
  await Promise.all(instances.map((instance) => instance.start()));
  return { nodes, instances, issuer };
}

/** Waits until no instance has a delivery that waits for the database. */
export async function untilDrained(instances: readonly Instance[]): Promise<void> {
  const deadline = Date.now() + DRAIN_TIMEOUT_MS;
  for (;;) {
    const waiting = instances.flatMap((instance) => instance.spoolFiles());
    if (waiting.length === 0) return;
    if (Date.now() > deadline) throw new Error(`The spools are not empty: ${waiting.join(', ')}.`);
    await sleep(200);
  }
}

const DRAIN_TIMEOUT_MS = 60_000;
