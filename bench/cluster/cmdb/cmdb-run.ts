import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../../cleanup';
import { azureToken, operatorToken } from '../../service';
import type { Instance } from '../instance';
import type { NodeProcess } from '../node-process';
import { untilAlike } from '../nodes';
import type { ClusterOptions } from '../options';
import { randomFrom } from '../random.rules';
import { Sender, type Sent } from '../sender';
import { type Cluster, DATABASE, startCluster, untilDrained } from '../start';
import type { Step } from '../stories.rules';
import {
  alertsAbout,
  type CastAlert,
  machinesOf,
  namingOf,
  nicknameOf,
  nicknaming,
  printersOf,
  rowsOf,
} from './cast.rules';
import { type CmdbFindings, cmdbFindingsOf } from './cmdb-findings';
import { castPayloadMaker } from './cmdb-payload';
import { People } from './people';

export interface CmdbResult {
  nodes: number;
  instances: number;
  server: string;
  rounds: number;
  sent: Omit<Sent, 'acknowledged' | 'givenUp'>;
  acknowledged: number;
  findings: CmdbFindings;
}

const CHECK_TIMEOUT_MS = 60_000;
/** Open questions that are to be looked at, and links to stubs that have become part of an item. */
const DUE = `SELECT (SELECT COUNT(*) FROM binding_tasks WHERE checkAt IS NOT NULL) + (SELECT COUNT(*) FROM bindings b
  JOIN configuration_items c ON c.id = b.ciId WHERE c.mergedIntoId IS NOT NULL) AS due`;
/** The alerts come by so much before the import. */
const MAX_HEAD_START_MS = 200;
/** Rounds in which all instances import the same items without a resource id. */
const PRINTERS_EVERY = 4;

/** Imports what alerts name at the same moment, and leaves nothing running that `cleanup` does not end. */
export async function runCmdbCluster(
  options: ClusterOptions,
  cleanup: Cleanup,
  progress: (text: string) => void,
): Promise<CmdbResult> {
  return new CmdbRun(await startCluster(options, cleanup, progress), options, progress).run();
}

class CmdbRun {
  private readonly people: People;
  private readonly random: () => number;
  private readonly bodyOf = castPayloadMaker();
  private readonly alerts: CastAlert[] = [];
  private readonly sent: Sent[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly options: ClusterOptions,
    private readonly progress: (text: string) => void,
  ) {
    this.people = new People(operatorToken(cluster.issuer));
    this.random = randomFrom(options.seed);
  }

  async run(): Promise<CmdbResult> {
    const { nodes, instances } = this.cluster;
    this.progress(`${this.options.rounds} imports beside alerts`);
    for (let round = 0; round < this.options.rounds; round += 1) await this.round(round);
    this.progress('waiting for the open questions to be looked at');
    await untilDrained(instances);
    await this.untilChecked();
    await Promise.all(instances.map((instance) => instance.stop()));
    await untilAlike(nodes);
    this.progress('reading the database');
    const sent = sumOf(this.sent);
    const { wrongAnswers } = this.people;
    const findings = await cmdbFindingsOf(nodes, { database: DATABASE, sent, alerts: this.alerts, wrongAnswers });
    const [version] = await (nodes[0] as NodeProcess).query('SELECT VERSION() AS version');
    const { acknowledged, givenUp: _, ...counts } = sent;
    return {
      nodes: nodes.length,
      instances: instances.length,
      server: String(version?.version),
      rounds: this.options.rounds,
      sent: counts,
      acknowledged: acknowledged.length,
      findings,
    };
  }

  /** Each instance is in turn the one that the import comes through, while people enter items through the others. */
  private async round(round: number): Promise<void> {
    const { instances } = this.cluster;
    const importing = instances[round % instances.length] as Instance;
    const others = instances.filter((instance) => instance !== importing);
    const machines = machinesOf(round);
    const [known] = round === 0 ? [] : machinesOf(round - 1);
    const nicknames = known === undefined ? [] : nicknaming(known);
    const alerts = [...nicknames, ...alertsAbout(machines, round)];
    this.alerts.push(...alerts);
    if (namingOf(round) === 'moved') await this.people.import(importing, rowsOf(machines, 'formerId'));
    let isOver = false;
    const beside = others.map((instance) => this.people.enterItems(instance, () => isOver));
    await Promise.all([
      this.importSoon(importing, rowsOf(machines)),
      this.sendTo(others, alerts),
      ...(round % PRINTERS_EVERY === 0 ? instances : []).map((each) => this.people.import(each, printersOf(round))),
      known === undefined ? undefined : this.people.teach(importing, nicknameOf(known), known.resourceId),
      this.people.shareAlias(importing, others[0] ?? importing, `shared-${round}.example`),
    ]);
    isOver = true;
    await Promise.all(beside);
  }

  private async importSoon(instance: Instance, rows: readonly object[]): Promise<void> {
    await sleep(this.random() * MAX_HEAD_START_MS);
    await this.people.import(instance, rows);
  }

  private async sendTo(instances: readonly Instance[], alerts: readonly CastAlert[]): Promise<void> {
    const about = new Map(alerts.map((alert) => [alert.rule, alert]));
    const steps = alerts.map(({ rule }): Step => {
      return { rule, episode: rule, condition: 'Fired', minute: 0, isCopied: false };
    });
    const sender = new Sender(instances, azureToken(this.cluster.issuer));
    const bodyOf = ({ rule }: Step): string => this.bodyOf(about.get(rule) as CastAlert);
    const { rate } = this.options;
    this.sent.push(await sender.send(steps, { bodyOf, rate, random: this.random, onTaken: () => undefined }));
  }

  /** Until nothing is due any more: what was asked has been looked for after everything had come, and merges are followed. */
  private async untilChecked(): Promise<void> {
    const deadline = Date.now() + CHECK_TIMEOUT_MS;
    const node = this.cluster.nodes[0] as NodeProcess;
    for (;;) {
      const [row] = await node.query(DUE, DATABASE);
      if (Number(row?.due) === 0) return;
      if (Date.now() > deadline) throw new Error(`${String(row?.due)} questions and merges were not looked at.`);
      await sleep(200);
    }
  }
}

function sumOf(parts: readonly Sent[]): Sent {
  const answers: Record<string, number> = {};
  for (const part of parts)
    for (const [answer, count] of Object.entries(part.answers)) answers[answer] = (answers[answer] ?? 0) + count;
  const total = (key: 'deliveries' | 'calls' | 'seconds'): number => parts.reduce((sum, part) => sum + part[key], 0);
  return {
    deliveries: total('deliveries'),
    calls: total('calls'),
    seconds: total('seconds'),
    answers,
    acknowledged: parts.flatMap(({ acknowledged }) => acknowledged),
    givenUp: parts.flatMap(({ givenUp }) => givenUp),
  };
}
