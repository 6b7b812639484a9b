import type { Cleanup } from '../cleanup';
import { azureToken } from '../service';
import { findingsOf, type Findings } from './findings';
import type { Instance } from './instance';
import type { NodeProcess } from './node-process';
import { untilAlike } from './nodes';
import type { ClusterOptions } from './options';
import { payloadMaker } from './payload';
import { randomFrom } from './random.rules';
import { Sender, type Sent } from './sender';
import { DATABASE, startCluster, untilDrained } from './start';
import { inOneStream, storiesOf, type Story } from './stories.rules';

export interface ClusterResult {
  nodes: number;
  instances: number;
  server: string;
  sent: Omit<Sent, 'acknowledged' | 'givenUp'>;
  acknowledged: number;
  /** How long a killed node took no statements, and how it got what it missed: null where it is alone. */
  outage: { seconds: number; transfer: 'increments' | 'everything' | null };
  instanceKilled: boolean;
  /** From the last answer until the spools were empty. */
  drainSeconds: number;
  findings: Findings;
}

/** A node is killed when a third of all calls is acknowledged, and started again at two thirds. */
const KILL_AT = 1 / 3;
const START_AT = 2 / 3;

/** Posts alerts to all instances while a node is killed and comes back, and leaves nothing that `cleanup` does not end. */
export async function runCluster(
  options: ClusterOptions,
  cleanup: Cleanup,
  progress: (text: string) => void,
): Promise<ClusterResult> {
  const { issuer, ...cluster } = await startCluster(options, cleanup, progress);
  return new Run({ ...cluster, options, token: azureToken(issuer), progress }).run();
}

interface Parts {
  options: ClusterOptions;
  nodes: NodeProcess[];
  instances: Instance[];
  token: string;
  progress: (text: string) => void;
}

class Run {
  private readonly stories: Story[];
  private outage: Promise<ClusterResult['outage']> | null = null;
  private startAgain: () => void = () => undefined;

  constructor(private readonly parts: Parts) {
    this.stories = storiesOf(parts.options.alerts);
  }

  async run(): Promise<ClusterResult> {
    const { options, nodes, instances, progress } = this.parts;
    const sent = await this.send();
    const outage = (await this.outage) ?? { seconds: 0, transfer: null };
    const answeredAt = performance.now();
    progress('waiting for the spools to drain');
    await untilDrained(instances);
    const drainSeconds = (performance.now() - answeredAt) / 1_000;
    await Promise.all(instances.map((instance) => instance.stop()));
    await untilAlike(nodes);
    progress('reading the database');
    const findings = await findingsOf(nodes, { database: DATABASE, sent, stories: this.stories });
    const [version] = await first(nodes).query('SELECT VERSION() AS version');
    const { acknowledged, givenUp: _, ...counts } = sent;
    return {
      nodes: options.nodes,
      instances: options.instances,
      server: String(version?.version),
      sent: counts,
      acknowledged: acknowledged.length,
      outage,
      instanceKilled: options.killInstance,
      drainSeconds,
      findings,
    };
  }

  private async send(): Promise<Sent> {
    const { options, instances, token, progress } = this.parts;
    const random = randomFrom(options.seed);
    const steps = inOneStream(this.stories, random);
    progress(`sending ${steps.length} deliveries`);
    const onTaken = (share: number): void => {
      if (share >= KILL_AT) this.outage ??= this.interrupt();
      if (share >= START_AT) this.startAgain();
    };
    return new Sender(instances, token).send(steps, { bodyOf: payloadMaker(), rate: options.rate, random, onTaken });
  }

  /** Kills the last node, and on request the instance beside it, until they are told to come back. */
  private async interrupt(): Promise<ClusterResult['outage']> {
    const { nodes, instances, options, progress } = this.parts;
    const node = nodes.at(-1) as NodeProcess;
    const instance = options.killInstance ? instances.at(-1) : undefined;
    const told = new Promise<void>((resolve) => {
      this.startAgain = resolve;
    });
    const from = performance.now();
    instance?.kill();
    await node.kill();
    progress(`killed ${node.name}${instance === undefined ? '' : ` and ${instance.name}`}`);
    await told;
    const logBefore = node.log.length;
    await Promise.all([node.startAgain(), instance?.start()]);
    const seconds = (performance.now() - from) / 1_000;
    progress(`${node.name} is back after ${seconds.toFixed(1)} s`);
    return { seconds, transfer: nodes.length === 1 ? null : transferOf(node.log.slice(logBefore)) };
  }
}

/** How a node got what it had missed, by its log. */
function transferOf(log: string): 'increments' | 'everything' {
  return /Running: 'wsrep_sst_\w+ --role 'joiner'/.test(log) && !/IST received|Receiving IST/.test(log)
    ? 'everything'
    : 'increments';
}

function first(nodes: readonly NodeProcess[]): NodeProcess {
  return nodes[0] as NodeProcess;
}
