import type { Connection, RowDataPacket } from 'mysql2/promise';
import { differencesOf, type RuleRows } from './findings.rules';
import type { NodeProcess } from './node-process';
import type { Sent } from './sender';
import type { Story } from './stories.rules';

/** What the database says at the end. */
export interface Findings {
  /** Acknowledged deliveries that are there. */
  found: number;
  alerts: number;
  workItems: number;
  live: number;
  /** Everything that breaks a rule, in words. */
  differences: string[];
}

/** Acknowledged ids are looked for in slices. */
const SLICE = 2_000;

/** Reads one node for what became of what was sent, and compares all nodes with each other. Nothing may write meanwhile. */
export async function findingsOf(
  nodes: readonly NodeProcess[],
  { database, sent, stories }: { database: string; sent: Sent; stories: readonly Story[] },
): Promise<Findings> {
  const first = nodes[0] as NodeProcess;
  const connection = await first.connect(database);
  try {
    const missing = await missingOf(connection, sent.acknowledged);
    const rules = await rowsByRule(connection);
    const differences = [
      ...sent.givenUp.map((delivery) => `${delivery}: was never acknowledged`),
      ...missing.map((id) => `delivery ${id}: acknowledged, and not there`),
      ...twice(sent.acknowledged).map((id) => `delivery ${id}: acknowledged twice`),
      ...stories.flatMap((story) => differencesOf(story, rules.get(story.rule))),
      ...(await brokenRules(connection)),
      ...(await unlikeNodes(nodes, database)),
    ];
    const total = (key: keyof RuleRows): number => [...rules.values()].reduce((sum, row) => sum + Number(row[key]), 0);
    const found = sent.acknowledged.length - missing.length;
    return { found, alerts: total('alerts'), workItems: total('workItems'), live: total('live'), differences };
  } finally {
    await connection.end();
  }
}

/** Of these deliveries, those that were acknowledged and are not there. */
export async function missingOf(connection: Connection, ids: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (let start = 0; start < ids.length; start += SLICE) {
    const slice = ids.slice(start, start + SLICE);
    const [rows] = await connection.query<RowDataPacket[]>(
      "SELECT id FROM deliveries WHERE id IN (?) AND status IN ('processed', 'duplicate')",
      [slice],
    );
    const known = new Set(rows.map(({ id }) => String(id)));
    missing.push(...slice.filter((id) => !known.has(id)));
  }
  return missing;
}

/** What is in a list more than once. */
export function twice(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.size === seen.add(id).size);
}

async function rowsByRule(connection: Connection): Promise<Map<string, RuleRows>> {
  const [alerts] = await connection.query<RowDataPacket[]>(
    `SELECT alertRule, COUNT(*) AS alerts, CAST(SUM(occurrences > 0 AND resolvedAt IS NULL) AS SIGNED) AS firing
     FROM alerts GROUP BY alertRule`,
  );
  const [workItems] = await connection.query<RowDataPacket[]>(
    `SELECT alertRule, COUNT(*) AS workItems, CAST(SUM(state NOT IN ${OVER}) AS SIGNED) AS live,
       CAST(SUM(alertCount) AS SIGNED) AS alertCount, MAX(id) AS newest FROM work_items GROUP BY alertRule`,
  );
  const [states] = await connection.query<RowDataPacket[]>('SELECT id, state FROM work_items');
  const stateOf = new Map(states.map(({ id, state }) => [Number(id), String(state)]));
  const found = new Map(workItems.map((row) => [String(row.alertRule), row]));
  return new Map(
    alerts.map(({ alertRule, alerts: count, firing }) => {
      const row = found.get(String(alertRule));
      return [
        String(alertRule),
        {
          alerts: Number(count),
          firing: Number(firing),
          workItems: Number(row?.workItems ?? 0),
          live: Number(row?.live ?? 0),
          state: stateOf.get(Number(row?.newest)) ?? 'none',
          alertCount: Number(row?.alertCount ?? 0),
        },
      ];
    }),
  );
}

const OVER = "('resolved', 'closed', 'canceled')";

/** Statements that find rows only where a rule is broken, whatever was sent. */
const RULES: Record<string, string> = {
  'an alert twice': 'SELECT episodeKey AS what FROM alerts GROUP BY episodeKey HAVING COUNT(*) > 1',
  'a delivery twice': `SELECT dedupKey AS what FROM deliveries WHERE dedupKey IS NOT NULL GROUP BY dedupKey HAVING COUNT(*) > 1`,
  'two live work items of one signature': `SELECT signature AS what FROM work_items
    WHERE state NOT IN ${OVER} GROUP BY signature HAVING COUNT(*) > 1`,
  'a number twice': 'SELECT id AS what FROM work_items GROUP BY id HAVING COUNT(*) > 1',
  'a slot that is not at the newest work item': `SELECT s.signature AS what FROM signatures s
    JOIN work_items w ON w.signature = s.signature GROUP BY s.signature, s.workItemId HAVING MAX(w.id) <> s.workItemId AND
    SUM(w.id > s.workItemId AND w.state NOT IN ${OVER}) > 0`,
  'a work item that counts its firing alerts wrong': `SELECT w.id AS what FROM work_items w WHERE w.firingCount <>
    (SELECT COUNT(*) FROM alerts a WHERE a.workItemId = w.id AND a.occurrences > 0 AND a.resolvedAt IS NULL)`,
  'an alert of a work item that is not there': `SELECT a.id AS what FROM alerts a LEFT JOIN work_items w ON w.id = a.workItemId
    WHERE a.workItemId IS NOT NULL AND w.id IS NULL`,
  'a configuration item twice': `SELECT LOWER(resourceId) AS what FROM configuration_items
    WHERE resourceId IS NOT NULL AND mergedIntoId IS NULL GROUP BY LOWER(resourceId) HAVING COUNT(*) > 1`,
};

/** What these statements find, in words. */
export async function brokenRules(
  connection: Connection,
  rules: Readonly<Record<string, string>> = RULES,
): Promise<string[]> {
  const texts: string[] = [];
  for (const [name, sql] of Object.entries(rules)) {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    texts.push(...rows.map(({ what }) => `${name}: ${String(what)}`));
  }
  return texts;
}

/** Tables that are not the same on all nodes, by checksum. */
export async function unlikeNodes([first, ...others]: readonly NodeProcess[], database: string): Promise<string[]> {
  if (first === undefined || others.length === 0) return [];
  const expected = await checksumsOf(first, database);
  const texts: string[] = [];
  for (const node of others) {
    const found = await checksumsOf(node, database);
    const tables = [...expected].filter(([table, checksum]) => found.get(table) !== checksum);
    texts.push(...tables.map(([table]) => `${table}: is not the same on ${node.name} and ${first.name}`));
  }
  return texts;
}

async function checksumsOf(node: NodeProcess, database: string): Promise<Map<string, string>> {
  const tables = (await node.query('SHOW TABLES', database)).map((row) => String(Object.values(row)[0]));
  const rows = await node.query(`CHECKSUM TABLE ${tables.join(', ')}`, database);
  return new Map(rows.map(({ Table, Checksum }) => [String(Table), String(Checksum)]));
}
