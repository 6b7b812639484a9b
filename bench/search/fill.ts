import type { PlainSql } from '../plain-sql';
import { even, hashOf, idOf, oneOf, share, skewed } from './made-up';

/** How much there is; the rest follows from the number of work items. */
export interface Size {
  workItems: number;
  /** When the last work item was opened, as SQL writes times. */
  now: string;
}

const CONFIGURATION_ITEMS = 5_000;
const RULES = 400;
const GROUPS = 60;
const PEOPLE = 200;
const SUBSCRIPTIONS = 40;
const SERVICES = [
  'Platform',
  'Log Alerts V2',
  'Application Insights',
  'ActivityLog - Administrative',
  'Resource Health',
  'Prometheus',
  'SmartDetector',
  'Log Analytics',
  'CostAlerts',
  'ActivityLog - Security',
  'ServiceHealth',
  'Azure Backup',
];
/** How far back the first work item lies. */
const DAYS = 730;
/** Rows a statement: one transaction should not outgrow the server's redo log. */
const CHUNK = 50_000;

/** Tables that are of use while the others are filled. */
const HELPERS = ['bench_numbers', 'bench_signatures'];

/**
 * Fills the tables that the service has made, by statements that make the rows inside of the server: two years of work
 * items, nearly all of them closed, a few thousand live; three timeline entries, an alert and a delivery for each.
 */
export async function fill(sql: PlainSql, size: Size, progress: (text: string) => void): Promise<void> {
  const tables = [
    'configuration_items',
    'signatures',
    'work_items',
    'timeline_entries',
    'bindings',
    'alerts',
    'deliveries',
  ];
  const indexes = new Map<string, string[]>();
  for (const table of tables) indexes.set(table, await dropIndexes(sql, table));
  await makeNumbers(sql, Math.max(size.workItems, CONFIGURATION_ITEMS));
  await makeSignatures(sql, size);
  for (const { table, columns, from, rows } of plans(size)) {
    progress(`${table}: ${rows.toLocaleString('en')} rows`);
    for (let first = 1; first <= rows; first += CHUNK) {
      const numbers = `SELECT n FROM bench_numbers WHERE n BETWEEN ${first} AND ${Math.min(rows, first + CHUNK - 1)}`;
      await sql.query(
        `INSERT INTO ${table} (${Object.keys(columns).join(', ')}) SELECT ${Object.values(columns).join(', ')} FROM ${from(`(${numbers})`)}`,
      );
    }
  }
  for (const [table, definitions] of indexes) {
    progress(`${table}: indexes`);
    if (definitions.length > 0)
      await sql.query(`ALTER TABLE ${table} ${definitions.map((text) => `ADD ${text}`).join(', ')}`);
    await sql.query(`ANALYZE TABLE ${table}`);
  }
  for (const helper of HELPERS) await sql.query(`DROP TABLE ${helper}`);
}

/** Indexes that are built once over all rows take a fraction of the time. Answers their definitions. */
async function dropIndexes(sql: PlainSql, table: string): Promise<string[]> {
  const [row] = await sql.query(`SHOW CREATE TABLE ${table}`);
  const definitions = [...String(row?.['Create Table']).matchAll(/^ {2}((?:UNIQUE )?KEY `(\w+)` .*?),?$/gm)];
  if (definitions.length > 0)
    await sql.query(`ALTER TABLE ${table} ${definitions.map(([, , name]) => `DROP INDEX ${name}`).join(', ')}`);
  return definitions.map(([, text]) => String(text));
}

async function makeNumbers(sql: PlainSql, count: number): Promise<void> {
  await sql.query('CREATE TABLE bench_numbers (n INT PRIMARY KEY)');
  await sql.query('INSERT INTO bench_numbers VALUES (1)');
  for (let size = 1; size < count; size *= 2)
    await sql.query(`INSERT INTO bench_numbers SELECT n + ${size} FROM bench_numbers WHERE n <= ${count - size}`);
}

/** What recurs: a rule on a machine, and what follows from the two. */
async function makeSignatures(sql: PlainSql, size: Size): Promise<void> {
  const service = SERVICES.map((name, index) => `WHEN ${index} THEN '${name}'`).join(' ');
  await sql.query(`CREATE TABLE bench_signatures (
    k INT PRIMARY KEY, signature VARCHAR(80), rule VARCHAR(100), ci INT, service VARCHAR(100), subscriptionId VARCHAR(64),
    assignmentGroup VARCHAR(100) NULL, type VARCHAR(16), impact INT, urgency INT) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await sql.query(`INSERT INTO bench_signatures
    SELECT n - 1, CONCAT('v1:', ${hashOf('n', 'signature')}), CONCAT('rule-', LPAD(ruleNo, 3, '0'), '-', ${oneOf(share('ruleNo', 'word'), WORDS)}),
      ci, CASE ${skewed('ruleNo', 'service', { count: SERVICES.length })} ${service} END,
      CONCAT('5ab5c210-0000-4000-8000-', LPAD(${skewed('ci', 'subscription', { count: SUBSCRIPTIONS, power: 2 })}, 12, '0')),
      CASE WHEN ${share('ruleNo', 'grouped')} < 0.1 THEN NULL ELSE CONCAT('group-', LPAD(${skewed('ruleNo', 'group', { count: GROUPS })}, 2, '0')) END,
      ${oneOf(share('ruleNo', 'type'), TYPES)},
      1 + FLOOR(3 * POW(${share('ci', 'impact')}, 0.5)), 1 + FLOOR(3 * POW(${share('ruleNo', 'urgency')}, 0.4))
    FROM (SELECT n, ${skewed('n', 'rule', { count: RULES, power: 2 })} AS ruleNo, ${even('n', 'ci', CONFIGURATION_ITEMS)} AS ci
      FROM bench_numbers WHERE n <= ${signatureCount(size)}) numbers`);
}

function signatureCount({ workItems }: Size): number {
  return Math.max(1, Math.round(workItems / 50));
}

const WORDS = [
  [0.3, `'cpu-high'`],
  [0.5, `'memory-low'`],
  [0.65, `'disk-full'`],
  [0.8, `'heartbeat-lost'`],
  [0.9, `'failed-requests'`],
  [0.97, `'certificate-expires'`],
  [1, `'pod-crash-loop'`],
] as const;

const TYPES = [
  [0.96, `'incident'`],
  [0.99, `'event'`],
  [1, `'alert'`],
] as const;

interface Plan {
  table: string;
  rows: number;
  /** What the rows are made of; `numbers` counts them. */
  from: (numbers: string) => string;
  columns: Readonly<Record<string, string>>;
}

function plans(size: Size): Plan[] {
  return [
    configurationItems(),
    signatures(size),
    workItems(size),
    timeline(size),
    bindings(size),
    alerts(size),
    deliveries(size),
  ];
}

const NAME = `CONCAT(${oneOf(share('n', 'kind'), [
  [0.6, `'vm'`],
  [0.8, `'sql'`],
  [1, `'app'`],
])}, '-', LPAD(n - 1, 4, '0'))`;

function ciId(number: string): string {
  return idOf(number, `'2024-01-01'`);
}

function configurationItems(): Plan {
  const subscription = `CONCAT('5ab5c210-0000-4000-8000-', LPAD(${skewed('(n - 1)', 'subscription', { count: SUBSCRIPTIONS, power: 2 })}, 12, '0'))`;
  return {
    table: 'configuration_items',
    rows: CONFIGURATION_ITEMS,
    from: (numbers) => `${numbers} numbers`,
    columns: {
      id: ciId('n - 1'),
      name: `UPPER(${NAME})`,
      nameKey: NAME,
      className: `'cmdb_ci_vm_instance'`,
      resourceId: `CONCAT('/subscriptions/', ${subscription}, '/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/', ${NAME})`,
      canonicalKeyHash: hashOf('n', 'ci'),
      resourceType: `'microsoft.compute/virtualmachines'`,
      subscriptionId: subscription,
      status: `'operational'`,
      stub: '0',
      tags: `'{}'`,
      aliases: `'[]'`,
      version: '1',
      createdAt: `'2024-01-01'`,
      updatedAt: `'2024-01-01'`,
    },
  };
}

function titleOf(rule: string, ci: string): string {
  return `CONCAT(${rule}, ' on machine ', ${ci})`;
}

function signatures(size: Size): Plan {
  return {
    table: 'signatures',
    rows: signatureCount(size),
    from: (numbers) => `${numbers} numbers JOIN bench_signatures s ON s.k = n - 1`,
    columns: {
      signature: 's.signature',
      workItemId: 'n',
      searchText: `CONCAT(${titleOf('s.rule', 's.ci')}, CHAR(10), s.rule)`,
      facets: `CONCAT(CHAR(10), 'p=', ${PRIORITY}, CHAR(10), 't=', s.type, CHAR(10), 'g=', COALESCE(s.assignmentGroup, ''),
        CHAR(10), 'v=', s.service, CHAR(10), 'u=', s.subscriptionId, CHAR(10))`,
    },
  };
}

const PRIORITY = 'ELT(s.impact + s.urgency - 1, 1, 2, 3, 4, 5)';

/** One in five hundred was made by hand. */
const IS_BY_HAND = `${share('n', 'by hand')} < 0.002`;

/** The number of a work item's signature: a few recur all the time. */
function signatureOf(number: string, size: Size): string {
  return skewed(number, 'signature', { count: signatureCount(size), power: 2 });
}

function openedAt(number: string, size: Size): string {
  const secondsApart = (DAYS * 86_400) / size.workItems;
  const jitter = `- ${even(number, 'late', 600)}`;
  return `CAST('${size.now}' AS DATETIME(3)) - INTERVAL (${size.workItems} - ${number}) * ${secondsApart} ${jitter} SECOND`;
}

/** The last three days are resolved, and of the last few thousand many are live; besides, a few old ones linger. */
function stateOf(size: Size): string {
  const age = `(${size.workItems} - n)`;
  const live = `CASE ${even('n', 'live', 4)} WHEN 0 THEN 'new' WHEN 1 THEN 'on_hold' ELSE 'in_progress' END`;
  return `CASE WHEN ${age} < 4000 AND ${share('n', 'lives')} < 0.7 OR ${share('n', 'lingers')} < 0.0005 THEN ${live}
    WHEN ${age} < 4100 THEN 'resolved' WHEN ${share('n', 'canceled')} < 0.01 THEN 'canceled' ELSE 'closed' END`;
}

function workItems(size: Size): Plan {
  const isOver = `w.state NOT IN ('new', 'in_progress', 'on_hold')`;
  const resolvedAt = `w.openedAt + INTERVAL ${skewed('n', 'lasts', { count: 20_000 })} SECOND`;
  // Somebody comes back to one of a hundred, months later.
  const touchedAgain = `INTERVAL CASE WHEN ${share('n', 'again')} < 0.01 THEN ${even('n', 'again', 300)} ELSE 0 END DAY`;
  const updatedAt = `LEAST(CAST('${size.now}' AS DATETIME(3)), CASE WHEN w.state IN ('closed', 'canceled') THEN ${resolvedAt} + INTERVAL 72 HOUR + ${touchedAgain}
    WHEN w.state = 'resolved' THEN ${resolvedAt} ELSE w.openedAt + INTERVAL ${even('n', 'touched', 7_200)} SECOND END)`;
  const calledByHand = `CONCAT('Please look at machine ', s.ci, ', call ', n)`;
  const person = `CONCAT('person-', LPAD(${skewed('n', 'person', { count: PEOPLE, power: 2 })}, 3, '0'), '@contoso.com')`;
  return {
    table: 'work_items',
    rows: size.workItems,
    from: (numbers) =>
      `(SELECT n, ${IS_BY_HAND} AS byHand, ${signatureOf('n', size)} AS k, ${openedAt('n', size)} AS openedAt, ${stateOf(size)} AS state
        FROM ${numbers} numbers) w JOIN bench_signatures s ON s.k = w.k`,
    columns: {
      id: 'n',
      type: 's.type',
      state: 'w.state',
      title: `CASE WHEN byHand THEN ${calledByHand} ELSE ${titleOf('s.rule', 's.ci')} END`,
      titleByHand: `CASE WHEN byHand THEN LOWER(${calledByHand}) END`,
      description: `CONCAT('The rule ', s.rule, ' has fired: the average of the metric was above its threshold for five minutes.')`,
      impact: 's.impact',
      urgency: 's.urgency',
      priority: PRIORITY,
      priorityReason: `CONCAT('impact ', s.impact, ' × urgency ', s.urgency)`,
      assignmentGroup: 's.assignmentGroup',
      assignee: `CASE WHEN ${share('n', 'assigned')} < 0.4 THEN NULL ELSE ${person} END`,
      source: `CASE WHEN byHand THEN 'manual' ELSE 'azure-monitor' END`,
      openedAt: 'w.openedAt',
      acknowledgedAt: `CASE WHEN w.state = 'new' OR ${share('n', 'unseen')} < 0.5 THEN NULL ELSE w.openedAt + INTERVAL ${skewed('n', 'seen', { count: 3_600 })} SECOND END`,
      resolvedAt: `CASE WHEN ${isOver} THEN ${resolvedAt} END`,
      resolvedBy: `CASE WHEN ${isOver} THEN 'system:monitoring' END`,
      closedAt: `CASE WHEN w.state IN ('closed', 'canceled') THEN ${resolvedAt} + INTERVAL 72 HOUR END`,
      resolutionCode: `CASE WHEN ${isOver} THEN 'resolved_by_monitoring' END`,
      reopenCount: '0',
      alertCount: `1 + ${skewed('n', 'alerts', { count: 5, power: 6 })}`,
      firingCount: '0',
      lastResolvedAt: `CASE WHEN ${isOver} THEN ${resolvedAt} END`,
      signature: 'CASE WHEN byHand THEN NULL ELSE s.signature END',
      monitoringService: 'CASE WHEN byHand THEN NULL ELSE s.service END',
      alertRule: 'CASE WHEN byHand THEN NULL ELSE s.rule END',
      subscriptionId: 'CASE WHEN byHand THEN NULL ELSE s.subscriptionId END',
      leadKey: hashOf('n', 'lead'),
      openedByDeliveryId: idOf('n', 'w.openedAt'),
      version: '3',
      createdAt: 'w.openedAt',
      updatedAt,
      ageClass: `CASE WHEN TIMESTAMPDIFF(HOUR, w.openedAt, ${updatedAt}) < 95 THEN 0 WHEN TIMESTAMPDIFF(DAY, w.openedAt, ${updatedAt}) < 31 THEN 1 ELSE 2 END`,
    },
  };
}

/** Three entries each, written one after the other in the order of time. */
function timeline(size: Size): Plan {
  const kind = (sql: readonly [string, string, string]): string =>
    `CASE step WHEN 0 THEN ${sql[0]} WHEN 1 THEN ${sql[1]} ELSE ${sql[2]} END`;
  return {
    table: 'timeline_entries',
    rows: size.workItems,
    from: (numbers) => `${numbers} numbers JOIN (SELECT 0 AS step UNION ALL SELECT 1 UNION ALL SELECT 2) steps`,
    columns: {
      workItemId: 'n',
      kind: kind([`'opened'`, `'configuration_item_bound'`, `'resolved'`]),
      at: openedAt('n', size),
      recordedAt: openedAt('n', size),
      actor: `'system:monitoring'`,
      summary: kind([
        `'Opened by an alert'`,
        `'Bound to a machine by arm_id (100)'`,
        `'Azure Monitor reports that the condition has ended.'`,
      ]),
      deliveryId: idOf('n', openedAt('n', size)),
    },
  };
}

function bindings(size: Size): Plan {
  return {
    table: 'bindings',
    rows: size.workItems,
    from: (numbers) => `${numbers} numbers JOIN bench_signatures s ON s.k = ${signatureOf('n', size)}`,
    columns: {
      workItemId: 'n',
      ciId: ciId('s.ci'),
      isLead: '1',
      isRemoved: '0',
      method: `'arm_id'`,
      confidence: '100',
      source: `'data.essentials.alertTargetIDs[0]'`,
      boundBy: `'system'`,
      createdAt: openedAt('n', size),
    },
  };
}

function alerts(size: Size): Plan {
  const isLive = `${size.workItems} - n < 4000 AND ${share('n', 'lives')} < 0.7`;
  const firedAt = openedAt('n', size);
  return {
    table: 'alerts',
    rows: size.workItems,
    from: (numbers) => `${numbers} numbers JOIN bench_signatures s ON s.k = ${signatureOf('n', size)}`,
    columns: {
      id: idOf('n', firedAt),
      episodeKey: hashOf('n', 'episode'),
      signature: 's.signature',
      endsSignature: '0',
      workItemId: 'n',
      firedAt,
      lastFiredAt: firedAt,
      ownResolvedAt: `CASE WHEN ${isLive} THEN NULL ELSE ${firedAt} + INTERVAL 300 SECOND END`,
      resolvedAt: `CASE WHEN ${isLive} THEN NULL ELSE ${firedAt} + INTERVAL 300 SECOND END`,
      occurrences: '1',
      alertRule: 's.rule',
      severity: `CONCAT('Sev', s.urgency)`,
      signalType: `'Metric'`,
      monitoringService: 's.service',
      subscriptionId: 's.subscriptionId',
      detail: `CONCAT('{"alertId":"/subscriptions/', s.subscriptionId, '/providers/Microsoft.AlertsManagement/alerts/', n,
        '","originAlertId":null,"alertRuleId":null,"targets":[],"configurationItems":["', s.ci, '"],"description":null,"alertContext":{},"customProperties":{}}')`,
      detailRank: hashOf('n', 'rank'),
      createdAt: firedAt,
      updatedAt: firedAt,
    },
  };
}

/** Of each alert its first delivery, a tenth of them as repeats; the rest of the history is of no account to a search. */
function deliveries(size: Size): Plan {
  const firedAt = openedAt('n', size);
  const isRepeat = `${share('n', 'repeat')} < 0.1`;
  return {
    table: 'deliveries',
    rows: size.workItems,
    from: (numbers) => `${numbers} numbers`,
    columns: {
      id: idOf('n', firedAt),
      receivedAt: firedAt,
      status: `CASE WHEN ${isRepeat} THEN 'duplicate' ELSE 'processed' END`,
      dedupKey: `CASE WHEN ${isRepeat} THEN NULL
        ELSE CONCAT(LOWER(LPAD(HEX(FLOOR(UNIX_TIMESTAMP(${firedAt}))), 8, '0')), SUBSTR(${hashOf('n', 'delivery')}, 9)) END`,
      alertId: idOf('n', firedAt),
      workItemId: 'n',
      body: `'{}'`,
    },
  };
}
