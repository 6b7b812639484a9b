import type { PlainSql } from '../plain-sql';

const SORTS = ['-openedAt', 'openedAt', 'priority', '-updatedAt'] as const;
const LIVE = 'new,in_progress,on_hold';
const DAY_MS = 86_400_000;

/** One kind of request, with another address each time. */
export interface Variant {
  name: string;
  sort: string;
  /** The address of the `turn`th request; a list goes on by its cursor. */
  path: (turn: number) => string;
}

/** What there is to ask for, picked from the database. */
export interface Values {
  groups: string[];
  people: string[];
  subscriptions: string[];
  services: string[];
  signatures: string[];
  items: string[];
  rules: string[];
  names: string[];
  numbers: string[];
  alerts: string[];
  now: Date;
}

/** The frequent and the rare of each. */
export async function pickValues(sql: PlainSql, now: Date): Promise<Values> {
  const list = async (statement: string): Promise<string[]> =>
    (await sql.query(statement)).map((row) => String(Object.values(row)[0]));
  const used = (column: string): Promise<string[]> =>
    list(`SELECT ${column} AS value FROM bench_picks WHERE ${column} IS NOT NULL GROUP BY ${column}`);
  await sql.query('DROP TABLE IF EXISTS bench_picks');
  await sql.query(`CREATE TABLE bench_picks AS SELECT w.id, w.type, w.assignmentGroup, w.assignee, w.subscriptionId, w.monitoringService,
    w.signature, w.alertRule, b.ciId, c.name FROM work_items w LEFT JOIN bindings b ON b.workItemId = w.id
    LEFT JOIN configuration_items c ON c.id = b.ciId WHERE w.id % GREATEST(1, FLOOR((SELECT COUNT(*) FROM work_items) / 500)) = 0`);
  const values = {
    groups: await used('assignmentGroup'),
    people: await used('assignee'),
    subscriptions: await used('subscriptionId'),
    services: await used('monitoringService'),
    signatures: await used('signature'),
    items: await used('ciId'),
    rules: await used('alertRule'),
    names: await used('name'),
    numbers: await list(
      `SELECT CONCAT(CASE type WHEN 'incident' THEN 'INC' WHEN 'event' THEN 'EVT' ELSE 'ALR' END, LPAD(id, 7, '0')) FROM bench_picks`,
    ),
    alerts: await list('SELECT a.id FROM alerts a JOIN bench_picks p ON p.id = a.workItemId'),
    now,
  };
  await sql.query('DROP TABLE bench_picks');
  return values;
}

/** Every list, filter, sort and single thing that can be asked for. */
export function variantsOf(values: Values): Variant[] {
  const lists = workItemFilters(values).flatMap(([name, query]) =>
    SORTS.map((sort) => ({
      name: `work items: ${name}`,
      sort,
      path: (turn: number) => `/api/v1/work-items?sort=${sort}${and(query(turn))}`,
    })),
  );
  return [...lists, ...alertVariants(values), ...singleVariants(values)];
}

type Query = (turn: number) => string;

function workItemFilters(values: Values): [name: string, query: Query][] {
  const { groups, people, subscriptions, services, signatures, items, now } = values;
  const time = (daysAgo: number): string => new Date(now.getTime() - daysAgo * DAY_MS).toISOString();
  const back = (turn: number): number => 1 + ((turn * 37) % 700);
  return [
    ['no filter', () => ''],
    ['state', each('state', ['new', 'in_progress', 'on_hold', 'resolved', 'closed', 'canceled'])],
    ['state, live', () => `state=${LIVE}`],
    ['type', each('type', ['incident', 'event', 'alert'])],
    ['priority', each('priority', ['1', '2', '3', '4', '5'])],
    ['assignmentGroup', each('assignmentGroup', groups)],
    [
      'assignmentGroup, three',
      (turn) => `assignmentGroup=${[0, 1, 2].map((more) => pick(groups, turn + more)).join(',')}`,
    ],
    ['assignee', each('assignee', people)],
    ['nobody’s', () => 'assignee=none'],
    ['live × nobody’s', (turn) => `state=${LIVE}&assignee=none&priority=${1 + (turn % 5)}`],
    ['no group’s × service', (turn) => `assignmentGroup=none&monitoringService=${pick(services, turn)}`],
    ['configurationItemId', each('configurationItemId', items)],
    ['subscriptionId', each('subscriptionId', subscriptions)],
    ['monitoringService', each('monitoringService', services)],
    ['signature', each('signature', signatures)],
    ['openedAfter', (turn) => `openedAfter=${time(back(turn))}`],
    ['openedBefore', (turn) => `openedBefore=${time(back(turn))}`],
    ['opened within a week', (turn) => `openedAfter=${time(back(turn) + 7)}&openedBefore=${time(back(turn))}`],
    ...textFilters(values),
    ['live × group', (turn) => `state=${LIVE}&assignmentGroup=${pick(groups, turn)}`],
    ['live × assignee', (turn) => `state=${LIVE}&assignee=${pick(people, turn)}`],
    ['live × priority', (turn) => `state=${LIVE}&priority=${1 + (turn % 5)}`],
    ['closed × assignee', (turn) => `state=closed&assignee=${pick(people, turn)}`],
    ['group × service', (turn) => `assignmentGroup=${pick(groups, turn)}&monitoringService=${pick(services, turn)}`],
    [
      'state × subscription × service',
      (turn) =>
        `state=closed&subscriptionId=${pick(subscriptions, turn)}&monitoringService=${pick(services, turn * 7)}`,
    ],
  ];
}

function textFilters({ rules, names, numbers, groups }: Values): [name: string, query: Query][] {
  return [
    ['q, a frequent word', each('q', ['cpu', 'memory', 'heartbeat', 'on machine'])],
    ['q, a rule', (turn) => `q=${pick(rules, turn).slice(0, 8)}`],
    ['q, a machine', (turn) => `q=machine%20${1_000 + ((turn * 131) % 4_000)}`],
    ['q, a configuration item', (turn) => `q=${pick(names, turn)}`],
    ['q, a number', (turn) => `q=${pick(numbers, turn)}`],
    ['q, of those made by hand', (turn) => `q=call%20${1 + (turn % 9)}`],
    ['q, nowhere', (turn) => `q=nowhere-${turn}`],
    ['live × q', (turn) => `state=${LIVE}&q=${pick(rules, turn).slice(0, 8)}`],
    ['group × q', (turn) => `assignmentGroup=${pick(groups, turn)}&q=${pick(rules, turn).slice(0, 8)}`],
  ];
}

function alertVariants({ services, subscriptions, signatures }: Values): Variant[] {
  const filters: [name: string, query: Query][] = [
    ['no filter', () => ''],
    ['fired', () => 'condition=fired'],
    ['resolved', () => 'condition=resolved'],
    ['monitoringService', each('monitoringService', services)],
    ['signature', each('signature', signatures)],
    ['subscriptionId', each('subscriptionId', subscriptions)],
    ['fired × service', (turn) => `condition=fired&monitoringService=${pick(services, turn)}`],
    [
      'service × subscription',
      (turn) => `monitoringService=${pick(services, turn)}&subscriptionId=${pick(subscriptions, turn * 7)}`,
    ],
  ];
  return filters.map(([name, query]) => ({
    name: `alerts: ${name}`,
    sort: '',
    path: (turn) => `/api/v1/alerts?${query(turn)}`,
  }));
}

function singleVariants({ numbers, alerts }: Values): Variant[] {
  const of = (name: string, path: Query): Variant => ({ name, sort: '', path });
  return [
    of('a work item', (turn) => `/api/v1/work-items/${pick(numbers, turn * 7)}`),
    of('its timeline', (turn) => `/api/v1/work-items/${pick(numbers, turn * 11)}/timeline`),
    of('its timeline, one kind', (turn) => `/api/v1/work-items/${pick(numbers, turn * 13)}/timeline?kind=resolved`),
    of('its alerts', (turn) => `/api/v1/work-items/${pick(numbers, turn * 17)}/alerts`),
    of('an alert', (turn) => `/api/v1/alerts/${pick(alerts, turn * 7)}`),
  ];
}

function each(name: string, values: readonly string[]): Query {
  return (turn) => `${name}=${pick(values, turn)}`;
}

function pick(values: readonly string[], turn: number): string {
  return encodeURIComponent(values[turn % values.length] ?? '');
}

function and(query: string): string {
  return query === '' ? '' : `&${query}`;
}
