import type { Connection, RowDataPacket } from 'mysql2/promise';
import { brokenRules, missingOf, twice, unlikeNodes } from '../findings';
import type { NodeProcess } from '../node-process';
import type { Sent } from '../sender';
import { type CastAlert, expectedId } from './cast.rules';

/** What the database says at the end. */
export interface CmdbFindings {
  /** Acknowledged deliveries that are there. */
  found: number;
  items: number;
  stubs: number;
  relations: number;
  /** Questions to people that are still open; each name is that of one item, so none may be. */
  openTasks: number;
  /** Everything that breaks a rule, in words. */
  differences: string[];
}

/** What the scenario leaves to be checked. */
export interface CmdbOutcome {
  database: string;
  sent: Sent;
  alerts: readonly CastAlert[];
  /** What people and imports were answered that they must not have been, in words. */
  wrongAnswers: readonly string[];
}

/** Reads one node for what became of the CMDB and of the alerts' work items. Nothing may write meanwhile. */
export async function cmdbFindingsOf(nodes: readonly NodeProcess[], outcome: CmdbOutcome): Promise<CmdbFindings> {
  const { database, sent, alerts, wrongAnswers } = outcome;
  const connection = await (nodes[0] as NodeProcess).connect(database);
  try {
    const missing = await missingOf(connection, sent.acknowledged);
    const bound = await boundByRule(connection);
    const differences = [
      ...wrongAnswers,
      ...sent.givenUp.map((delivery) => `${delivery}: was never acknowledged`),
      ...missing.map((id) => `delivery ${id}: acknowledged, and not there`),
      ...twice(sent.acknowledged).map((id) => `delivery ${id}: acknowledged twice`),
      ...alerts.flatMap((alert) => wrongBinding(alert, bound.get(alert.rule))),
      ...(await brokenRules(connection)),
      ...(await brokenRules(connection, CMDB_RULES)),
      ...(await unlikeNodes(nodes, database)),
    ];
    const count = (from: string): Promise<number> => countOf(connection, from);
    return {
      found: sent.acknowledged.length - missing.length,
      items: await count('configuration_items WHERE stub = 0'),
      stubs: await count('configuration_items WHERE stub = 1'),
      relations: await count('ci_relations'),
      openTasks: await count("binding_tasks WHERE status = 'open'"),
      differences,
    };
  } finally {
    await connection.end();
  }
}

/** Statements that find rows only where the CMDB breaks a rule. */
const CMDB_RULES: Readonly<Record<string, string>> = {
  'an open question that has its answer': `SELECT DISTINCT t.value AS what FROM binding_tasks t
    JOIN binding_task_keys k ON k.taskId = t.id JOIN ci_keys c ON c.keyHash = k.keyHash WHERE t.status = 'open'`,
  'a relation that waits for an item that is there': `SELECT r.targetResourceId AS what FROM ci_relations r
    JOIN configuration_items c ON c.canonicalKeyHash = r.targetKeyHash WHERE r.targetId IS NULL`,
  'an item without a resource id twice': `SELECT nameKey AS what FROM configuration_items
    WHERE canonicalKeyHash IS NULL AND mergedIntoId IS NULL GROUP BY nameKey HAVING COUNT(*) > 1`,
  'an alias that leads to two items': `SELECT GROUP_CONCAT(ciId) AS what FROM ci_keys
    WHERE kind = 'alias' GROUP BY keyHash HAVING COUNT(*) > 1`,
  'a binding to an item that is not there': `SELECT b.ciId AS what FROM bindings b
    LEFT JOIN configuration_items c ON c.id = b.ciId WHERE c.id IS NULL`,
};

/** The ARM ids of the items that work items have, by alert rule. */
async function boundByRule(connection: Connection): Promise<Map<string, string[]>> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT w.alertRule, c.id, c.resourceId FROM work_items w LEFT JOIN bindings b ON b.workItemId = w.id AND b.isRemoved = 0
     LEFT JOIN configuration_items c ON c.id = b.ciId`,
  );
  const bound = new Map<string, string[]>();
  for (const { alertRule, id, resourceId } of rows) {
    const ids = bound.get(String(alertRule)) ?? [];
    if (id !== null) ids.push(String(resourceId).toLowerCase());
    bound.set(String(alertRule), ids);
  }
  return bound;
}

function wrongBinding(alert: CastAlert, bound: readonly string[] | undefined): string[] {
  if (bound === undefined) return [`${alert.rule}: has no work item`];
  const expected = expectedId(alert).toLowerCase();
  if (bound.length === 1 && bound[0] === expected) return [];
  return [`${alert.rule}: is bound to ${bound.length === 0 ? 'nothing' : bound.join(', ')}, not to ${expected}`];
}

async function countOf(connection: Connection, from: string): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(`SELECT COUNT(*) AS count FROM ${from}`);
  return Number(rows[0]?.count);
}
