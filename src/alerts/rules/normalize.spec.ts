import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkPayload } from '../payload/check-payload';
import { normalize } from './normalize';
import { redact } from '../../common/redact.rules';

const SAMPLES = join(__dirname, '../../../test/fixtures/azure-monitor');
const RECEIVED_AT = new Date('2026-01-05T03:00:00Z');
const CONTEXT = { tenantId: 'tenant', receivedAt: RECEIVED_AT };

function deliver(essentials: object, data: object = {}) {
  const required = { alertId: 'a', monitoringService: 'Platform', ...essentials };
  const check = checkPayload({ schemaId: 'azureMonitorCommonAlertSchema', data: { essentials: required, ...data } });
  if (check.kind !== 'common') throw new Error(`refused: ${JSON.stringify(check)}`);
  return normalize(check.payload, CONTEXT);
}

function checked(body: unknown) {
  const check = checkPayload(body);
  if (check.kind !== 'common') throw new Error(check.kind);
  return check.payload;
}

describe('the signature of an alert whose words look like a secret', () => {
  const origin = (hash: string): object => ({
    essentials: { originAlertId: `s_rg_microsoft.insights_metricAlerts_Missing bearer token_${hash}` },
  });
  const log = (name: string) => (value: string) => ({
    alertContext: { condition: { allOf: [{ dimensions: [{ name, value }] }] } },
    essentials: { monitoringService: 'Log Alerts V2', alertRule: 'r' },
  });
  const prometheus = (name: string) => (value: string) => ({
    alertContext: { labels: { alertname: 'CertExpires', [name]: value } },
    essentials: { monitoringService: 'Prometheus', alertRule: 'r' },
  });

  it.each<[string, (value: string) => object]>([
    ['the hash behind the name of a rule', origin],
    ['an address that a log rule splits by', log('CallerIpAddress')],
    ['a caller that it splits by', log('Caller')],
    ['a secret of a cluster', prometheus('secret')],
    ['a token of it', prometheus('token')],
  ])('tells two apart by %s', (_what, make) => {
    const [one, same, other] = ['-1234567', '-1234567', '-7654321'].map((value) => {
      const { essentials, ...data } = make(value) as { essentials: object };
      return deliver(essentials, data).signature;
    });
    expect(one).toBe(same);
    expect(one).not.toBe(other);
  });
});

describe('the time of a delivery', () => {
  const times = { firedDateTime: '2026-01-01T01:00:00Z', resolvedDateTime: '2026-01-01T02:00:00Z' };
  const resolved = { monitorCondition: 'Resolved', firedDateTime: times.firedDateTime };

  it.each([
    ['Fired: when it fired', { ...times, monitorCondition: 'Fired' }, null, '2026-01-01T01:00:00.000Z'],
    ['Fired without a time: its arrival', {}, null, '2026-01-05T03:00:00.000Z'],
    ['Resolved: when it resolved', { ...times, monitorCondition: 'Resolved' }, null, '2026-01-01T02:00:00.000Z'],
    ['Resolved without its time: the end of the window', resolved, '2026-01-01T01:30:00Z', '2026-01-01T01:30:00.000Z'],
    ['Resolved, the window before Fired: when it fired', resolved, '2026-01-01T00:30:00Z', '2026-01-01T01:00:00.000Z'],
    [
      'Resolved, no time but the window',
      { monitorCondition: 'Resolved' },
      '2026-01-01T00:30:00Z',
      '2026-01-01T00:30:00.000Z',
    ],
    ['Resolved, no time at all: its arrival', { monitorCondition: 'Resolved' }, 'soon', '2026-01-05T03:00:00.000Z'],
    [
      'a time that is "not set": its arrival',
      { firedDateTime: '0001-01-01T00:00:00' },
      null,
      '2026-01-05T03:00:00.000Z',
    ],
    [
      'Resolved "never": the end of the window',
      { ...resolved, resolvedDateTime: '9999-12-31T23:59:59.9999999' },
      '2026-01-01T01:30:00Z',
      '2026-01-01T01:30:00.000Z',
    ],
    ['Fired "never": its arrival', { firedDateTime: '9999-12-31T23:59:59' }, null, '2026-01-05T03:00:00.000Z'],
  ])('%s', (_, essentials, windowEndTime, expected) => {
    const delivery = deliver(essentials, { alertContext: { condition: { windowEndTime } } });
    expect(delivery.eventAt.toISOString()).toBe(expected);
  });

  it.each([
    ['ServiceHealth', { properties: { stage: 'Resolved', trackingId: 't' }, condition: {} }],
    ['Resource Health', { properties: { currentHealthStatus: 'Available' } }],
  ])('of a recovery of %s is its own firedDateTime', (monitoringService, alertContext) => {
    const { firedDateTime } = times;
    const window = { condition: { windowEndTime: '2026-01-03T00:00:00Z' } };
    const delivery = deliver({ monitoringService, firedDateTime }, { alertContext: { ...alertContext, ...window } });
    expect([delivery.condition, delivery.eventAt.toISOString()]).toEqual(['resolved', '2026-01-01T01:00:00.000Z']);
  });
});

describe('what is taken over', () => {
  it('is as sent, and null where it is absent, null or blank', () => {
    const delivery = deliver({ alertRule: '', severity: null, signalType: 'Metric', alertRuleId: '/Rule' });
    expect(delivery).toMatchObject({ alertRule: null, severity: null, signalType: 'Metric', originAlertId: null });
    expect(delivery).toMatchObject({ alertRuleId: '/Rule', description: null, targets: [], alertContext: {} });
    expect(deliver({ alertRuleID: '/ID', alertRuleId: '/Id' }).alertRuleId).toBe('/ID');
  });

  it('names the subscription of the first target that has one, else of the alertId', () => {
    const alertId = '/Subscriptions/ABC/providers/x';
    expect(deliver({ alertId }).subscriptionId).toBe('abc');
    expect(deliver({ alertId, alertTargetIDs: ['vm1', '/subscriptions/DEF'] }).subscriptionId).toBe('def');
    expect(deliver({ alertId: 'ID' }).subscriptionId).toBeNull();
  });

  it.each([
    ['Platform', { k: 'data', own: 1, old: 2 }],
    ['Log Alerts V2', { k: 'data', own: 1, old: 2 }],
    ['Resource Health', { k: 'data', own: 1 }],
    ['Other', { k: 'data', own: 1 }],
  ])('has the custom properties of %s', (monitoringService, expected) => {
    const data = { alertContext: { properties: { k: 'context', old: 2 } }, customProperties: { k: 'data', own: 1 } };
    expect(deliver({ monitoringService }, data).customProperties).toEqual(expected);
  });

  it('has no custom properties where they are no object', () => {
    expect(deliver({}, { alertContext: { properties: 'None' }, customProperties: null }).customProperties).toEqual({});
  });

  it('is redacted', () => {
    const delivery = deliver({ description: 'ask jo@corp.example' }, { alertContext: { caller: 'jo', claims: '{}' } });
    expect(delivery.description).toBe('ask [redacted]');
    expect(delivery.alertContext).toEqual({ caller: '[redacted]', claims: '[redacted]' });
  });
});

describe('a stored delivery', () => {
  const files = readdirSync(SAMPLES).filter((file) => file.endsWith('.json'));

  it.each(files)('is replayed with the same result: %s', (file) => {
    const body: unknown = JSON.parse(readFileSync(join(SAMPLES, file), 'utf8'));
    const stored: unknown = JSON.parse(JSON.stringify(redact(body)));
    const first = normalize(checked(body), CONTEXT);
    expect(normalize(checked(stored), CONTEXT)).toEqual(first);
    expect(normalize(checked(stored), { ...CONTEXT, isRedacted: true })).toEqual(first);
  });
});

describe('normalize', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'Resolved',
      'Sev0',
      '/subscriptions/s/x',
      'ServiceHealth',
      'Resource Health',
      'CostAlerts',
      '__proto__',
    ),
  );
  const essentials = fc.record(
    {
      alertRule: text,
      severity: text,
      monitorCondition: text,
      monitoringService: text,
      alertTargetIDs: fc.array(fc.option(text)),
      configurationItems: fc.array(fc.option(text)),
      firedDateTime: fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date(8.64e14 / 4) })
        .map((date) => date.toISOString()),
      originAlertId: fc.option(text),
    },
    { requiredKeys: [] },
  );
  const contextKey = fc.constantFrom(
    ...[
      'condition',
      'allOf',
      'dimensions',
      'labels',
      'expression',
      'AlertData',
      'properties',
      'title',
      'stage',
      'status',
    ],
    ...[
      'trackingId',
      'eventSource',
      'authorization',
      'scope',
      'SearchQuery',
      'conditionType',
      'name',
      'value',
      'level',
    ],
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      text,
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(contextKey, tie('tree'), { maxKeys: 4 }),
    ),
  }));

  it('never throws on a payload that was accepted', () => {
    fc.assert(
      fc.property(essentials, fc.dictionary(contextKey, tree), (fields, alertContext) => {
        const body = {
          schemaId: 'azureMonitorCommonAlertSchema',
          data: { essentials: { alertId: 'a', monitoringService: 'Platform', ...fields }, alertContext },
        };
        const check = checkPayload(body);
        if (check.kind !== 'common') return;
        const delivery = normalize(check.payload, CONTEXT);
        expect(delivery.signature).toMatch(/^v1-[0-9a-f]{64}$/);
        expect(Number.isNaN(delivery.eventAt.getTime())).toBe(false);
        expect(normalize(check.payload, CONTEXT)).toEqual(delivery);
      }),
      { numRuns: 500 },
    );
  });

  it('survives nesting and size', () => {
    const nested: unknown = JSON.parse(`${'{"a":['.repeat(50_000)}1${']}'.repeat(50_000)}`);
    const dimensions = Array.from({ length: 20_000 }, (_, index) => ({ name: `n${index}`, value: index }));
    const alertContext = { condition: { allOf: [{ dimensions }] }, labels: nested, properties: nested };
    const delivery = deliver({ alertTargetIDs: new Array<string>(50_000).fill('/s/x') }, { alertContext });
    expect(JSON.stringify(delivery).length).toBeGreaterThan(0);
  });
});
