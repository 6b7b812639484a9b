import { type FuzzRequest, headerText } from './cases';
import { mutatedBody } from './mutate';
import { oddText } from './odd-values';
import type { Random } from './random';

const LISTS = [
  ...['work-items', 'work-items/stats', 'alerts', 'configuration-items', 'binding-tasks', 'admin/deliveries'],
  ...['admin/auth-rejections', 'admin/audit-events', 'admin/allowed-apps', 'admin/routing-rules'],
];

const PARAMETERS = [
  ...[
    'limit',
    'cursor',
    'sort',
    'q',
    'state',
    'type',
    'priority',
    'assignmentGroup',
    'assignee',
    'openedAfter',
    'from',
  ],
  ...['configurationItemId', 'subscriptionId', 'monitoringService', 'signature', 'openedBefore', 'condition', 'to'],
  ...[
    'resourceId',
    'className',
    'status',
    'stub',
    'seenBefore',
    'notSeenForDays',
    'reason',
    'since',
    'until',
    'actorId',
  ],
];

const VALUES = [
  '1',
  '200',
  '201',
  '0',
  '-1',
  '1e3',
  'new',
  'new,new,new',
  '-openedAt',
  'true',
  'null',
  '[]',
  '{}',
  'INC0000001',
];

const SINGLES = [
  ...['work-items/{}', 'work-items/{}/timeline', 'work-items/{}/explain', 'work-items/{}/alerts', 'alerts/{}'],
  ...[
    'configuration-items/{}',
    'configuration-items/{}/impact',
    'configuration-items/{}/relations',
    'binding-tasks/{}',
  ],
  ...['configuration-items/{}/aliases', 'admin/deliveries/{}', 'admin/allowed-apps/{}', 'admin/routing-rules/{}'],
];

type Write = readonly [method: FuzzRequest['method'], path: string, body: unknown];

const WRITES: readonly Write[] = [
  [
    'POST',
    'work-items',
    { title: 'x', description: 'y', impact: 1, urgency: 2, assignmentGroup: 'g', type: 'incident' },
  ],
  ['PATCH', 'work-items/{}', { title: 'x', priority: 1, priorityReason: 'x', assignee: null, category: 'c' }],
  ['POST', 'work-items/{}/transitions', { to: 'resolved', resolutionCode: 'fixed', resolutionNotes: 'x', reason: 'x' }],
  ['POST', 'work-items/{}/comments', { text: 'x', kind: 'comment' }],
  ['POST', 'work-items/bulk/transitions', { numbers: ['INC0000001', 'INC0000002'], to: 'in_progress' }],
  [
    'POST',
    'configuration-items',
    { name: 'x', className: 'c', tags: { a: 'b' }, aliases: ['h.example'], criticality: 1 },
  ],
  ['PATCH', 'configuration-items/{}', { name: 'y', resourceId: '/subscriptions/a/resourceGroups/b', tags: { a: 'b' } }],
  [
    'POST',
    'configuration-items/import',
    [{ name: 'x', className: 'c', relations: [{ type: 'runs_on', targetResourceId: '/subscriptions/a' }] }],
  ],
  [
    'POST',
    'configuration-items/import',
    [
      {
        id: '/subscriptions/a/resourceGroups/b',
        type: 't',
        name: 'b',
        tags: { env: 'prod' },
        properties: { vmId: 'x' },
      },
    ],
  ],
  ['POST', 'configuration-items/{}/relations', { type: 'runs_on', targetId: 'x' }],
  ['POST', 'binding-tasks/{}/resolve', { configurationItemId: 'x', learnAlias: true }],
  [
    'POST',
    'admin/allowed-apps',
    { appId: 'a0000000-0000-4000-8000-000000000001', name: 'x', scopes: ['/subscriptions/a'] },
  ],
  ['POST', 'admin/routing-rules/preview', { rules: [], last: 10 }],
  ['POST', 'admin/deliveries/replay', { filter: { status: ['rejected'], code: 'x' }, dryRun: true, limit: 2 }],
  ['POST', 'admin/deliveries/{}/replay', { dryRun: true }],
  ['POST', 'admin/deliveries/{}/dismiss', { reason: 'x' }],
];

/** A routing rule that holds stays, and is asked at each alert: few of them. */
const RULE: Write = [
  'POST',
  'admin/routing-rules',
  {
    name: 'r',
    position: 1,
    match: { severity: ['Sev0'], alertRule: 'db-*' },
    actions: { title: '{{alert.rule}}', impact: 1 },
  },
];

/** A request to the REST API as somebody who may do anything makes it, with something wrong in it. */
export function queryRequest(random: Random, token: string, samples: readonly unknown[]): FuzzRequest {
  const headers = { authorization: `Bearer ${token}` };
  return random.weighted<() => FuzzRequest>([
    [
      5,
      () => ({
        method: 'GET',
        path: `/api/v1/${random.pick(LISTS)}?${queryOf(random)}`,
        headers: { ...headers, ...acceptOf(random) },
      }),
    ],
    [3, () => ({ method: 'GET', path: `/api/v1/${random.pick(SINGLES).replace('{}', idOf(random))}`, headers })],
    [5, () => writeOf(random, random.chance(0.01) ? RULE : random.pick(WRITES), { headers, samples })],
    [1, () => ({ method: 'DELETE', path: `/api/v1/${random.pick(SINGLES).replace('{}', idOf(random))}`, headers })],
    [1, () => ({ method: 'GET', path: `/x/${pathText(oddText(random))}`, headers })],
  ])();
}

function writeOf(
  random: Random,
  [method, path, body]: Write,
  { headers, samples }: { headers: Record<string, string>; samples: readonly unknown[] },
): FuzzRequest {
  const type =
    path.endsWith('import') && random.chance(0.4)
      ? random.pick(['text/csv', 'application/x-ndjson'])
      : 'application/json';
  const ifMatch = random.chance(0.6)
    ? '*'
    : random.pick(['"1"', '3', 'W/"2"', '"'.repeat(300), headerText(oddText(random))]);
  return {
    method,
    path: `/api/v1/${path.replace('{}', idOf(random))}`,
    headers: { ...headers, 'content-type': type, 'if-match': ifMatch },
    body: mutatedBody(random, body, samples),
  };
}

function queryOf(random: Random): string {
  const pairs = Array.from({ length: random.below(4) }, () => {
    const name = random.chance(0.9) ? random.pick(PARAMETERS) : oddText(random).slice(0, 40);
    const value = random.chance(0.4)
      ? random.pick(VALUES)
      : random.chance(0.3)
        ? cursorOf(random)
        : oddText(random).slice(0, 600);
    return `${encoded(name)}${random.pick(['=', '=', '=', '[]=', '[a]=', ''])}${encoded(value)}`;
  });
  return random.chance(0.1) ? pathText(oddText(random)) : pairs.join('&');
}

/** Base64url of JSON, as ours are. */
function cursorOf(random: Random): string {
  const parts = Array.from({ length: random.below(4) }, () =>
    random.pick([1, 1e308, -1, null, oddText(random).slice(0, 80), '2026-01-01T00:00:00.000Z']),
  );
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function idOf(random: Random): string {
  return random.weighted<() => string>([
    [5, () => `INC${String(1 + random.below(400)).padStart(7, '0')}`],
    [1, () => `inc${'9'.repeat(random.below(40))}`],
    [1, () => `EVT${random.below(9)}`],
    [2, () => '01890000-0000-7000-8000-000000000000'],
    [3, () => encoded(oddText(random)).slice(0, 400)],
  ])();
}

function acceptOf(random: Random): Record<string, string> {
  if (!random.chance(0.1)) return {};
  return { accept: random.pick(['text/csv;q=2', '*/*;q=0', ',,,', 'application/x-ndjson', 'x'.repeat(400), '']) };
}

/** What is no text of Unicode can't be encoded: its halves are replaced. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function pathText(text: string): string {
  return text.slice(0, 500).replace(/[^\x21-\x7e]/g, '%FF');
}
