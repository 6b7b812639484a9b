import type { DataSource } from 'typeorm';
import { placeholders } from '../../src/common/sql';
import type { Acknowledged, AlertLoad, Expected } from './alert-load';

const SLICE = 500;

/** The work items of a signature, as they have ended. */
interface Ended {
  origin: string;
  number: string;
  state: string;
  alertCount: number;
  firing: number;
  alerts: number;
  occurrences: number;
}

/** What is wrong in the database after the load: a line each. Nothing is, whatever happened to the service and to its server. */
export async function findingsOf(sql: DataSource, load: AlertLoad): Promise<string[]> {
  const ended = await endedOf(sql);
  return [
    ...[...load.expected].flatMap(([origin, expected]) => differences(origin, ended.get(origin) ?? [], expected)),
    ...(await lost(sql, load.acknowledged)),
    ...numbersUsedTwice(load.acknowledged, ended),
    ...(await broken(sql)),
  ];
}

/** By the rule's own id of the time series, which is the signature of a metric alert. */
async function endedOf(sql: DataSource): Promise<Map<string, Ended[]>> {
  const rows = await sql.query<(Omit<Ended, 'origin' | 'number'> & { id: number; detail: string })[]>(
    `SELECT w.id, w.state, w.alertCount, COUNT(*) AS alerts, SUM(a.occurrences) AS occurrences,
       SUM(CASE WHEN a.resolvedAt IS NULL THEN 1 ELSE 0 END) AS firing, MIN(a.detail) AS detail
     FROM work_items w JOIN alerts a ON a.workItemId = w.id GROUP BY w.id, w.state, w.alertCount`,
  );
  const ended = new Map<string, Ended[]>();
  for (const { id, detail, ...row } of rows) {
    const { originAlertId: origin } = JSON.parse(detail) as { originAlertId: string };
    const [alerts, occurrences, firing] = [row.alerts, row.occurrences, row.firing].map(Number) as [
      number,
      number,
      number,
    ];
    const one = { ...row, origin, number: `INC${String(id).padStart(7, '0')}`, alerts, occurrences, firing };
    ended.set(origin, [...(ended.get(origin) ?? []), one]);
  }
  return ended;
}

/** The end is that of a run in which nothing went wrong: one work item, each alert once, in the state that its alerts say. */
function differences(origin: string, ended: readonly Ended[], expected: Expected): string[] {
  const [workItem] = ended;
  if (workItem === undefined) return [`${origin}: no work item`];
  if (ended.length > 1) return [`${origin}: ${ended.map(({ number }) => number).join(' and ')} for one signature`];
  const firing = expected.state === 'new' ? 1 : 0;
  const wanted = { ...expected, occurrences: expected.alerts, alertCount: expected.alerts, firing };
  return Object.entries(wanted).flatMap(([what, value]) => {
    const is = workItem[what as keyof typeof wanted];
    return is === value ? [] : [`${origin}: ${what} of ${workItem.number} is ${is}, not ${value}`];
  });
}

/** Deliveries that were answered with 2xx and are not in the database, or are there as something that nobody wanted. */
async function lost(sql: DataSource, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const stored = new Map<string, string>();
  for (let start = 0; start < acknowledged.length; start += SLICE) {
    const ids = acknowledged.slice(start, start + SLICE).map(({ deliveryId }) => deliveryId);
    const rows = await sql.query<{ id: string; status: string }[]>(
      `SELECT id, status FROM deliveries WHERE id IN (${placeholders(ids.length)})`,
      ids,
    );
    for (const { id, status } of rows) stored.set(id, status);
  }
  return acknowledged.flatMap(({ deliveryId, outcome }) => {
    const status = stored.get(deliveryId);
    if (status === 'processed' || status === 'duplicate') return [];
    return [`delivery ${deliveryId} was answered ${outcome} and is ${status ?? 'not in the database'}`];
  });
}

/** A number that a sender was told belongs to that signature for ever. */
function numbersUsedTwice(acknowledged: readonly Acknowledged[], ended: ReadonlyMap<string, Ended[]>): string[] {
  return acknowledged.flatMap(({ signature, numbers }) => {
    const own = new Set((ended.get(signature) ?? []).map(({ number }) => number));
    const others = numbers.filter((number) => !own.has(number));
    return others.map((number) => `${signature} was told ${number}, and has ${[...own].join() || 'none'}`);
  });
}

/** What holds at any time, under any load. */
async function broken(sql: DataSource): Promise<string[]> {
  const queries: Record<string, string> = {
    'is live though none of its alerts fires': `SELECT w.id AS id FROM work_items w
      WHERE w.state IN ('new', 'in_progress', 'on_hold')
        AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.workItemId = w.id AND a.resolvedAt IS NULL)`,
    'is a signature with several live work items': `SELECT signature AS id FROM work_items
      WHERE state IN ('new', 'in_progress', 'on_hold') GROUP BY signature HAVING COUNT(*) > 1`,
    'is an alert without a work item': 'SELECT id FROM alerts WHERE firedAt IS NOT NULL AND workItemId IS NULL',
    'is a parked delivery': `SELECT id FROM deliveries WHERE status IN ('parked', 'rejected')`,
    'is an alert without its delivery': `SELECT id FROM alerts a
      WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.alertId = a.id AND d.status = 'processed')`,
    'opened several work items': `SELECT openedByDeliveryId AS id FROM work_items
      GROUP BY openedByDeliveryId HAVING COUNT(*) > 1`,
    'stands twice in a timeline': `SELECT deliveryId AS id FROM timeline_entries WHERE deliveryId IS NOT NULL
      GROUP BY workItemId, deliveryId, kind, summary HAVING COUNT(*) > 1`,
  };
  const findings: string[] = [];
  for (const [what, query] of Object.entries(queries)) {
    const rows = await sql.query<{ id: string | number }[]>(query);
    findings.push(...rows.map(({ id }) => `${id} ${what}`));
  }
  return findings;
}
