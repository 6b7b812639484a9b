import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkPayload } from './check-payload';

const SAMPLES = join(__dirname, '../../../test/fixtures/azure-monitor');

function sampleNames(folder: string): string[] {
  return readdirSync(join(SAMPLES, folder)).filter((file) => file.endsWith('.json'));
}

function sample(file: string): unknown {
  return JSON.parse(readFileSync(join(SAMPLES, file), 'utf8'));
}

function anAlert(essentials: object = {}, data: object = {}): unknown {
  return {
    schemaId: 'azureMonitorCommonAlertSchema',
    data: { essentials: { alertId: 'a', monitoringService: 'Platform', ...essentials }, ...data },
  };
}

function errorsOf(body: unknown): string[] {
  const check = checkPayload(body);
  if (check.kind !== 'invalid_payload') throw new Error(`expected invalid_payload, got ${check.kind}`);
  return check.errors.map(({ path, message }) => `${path} ${message}`);
}

const NO_TIME = 'must be an ISO 8601 time such as 2026-01-31T12:00:00Z';

describe('checkPayload', () => {
  it.each(sampleNames('.'))('takes %s', (file) => {
    expect(checkPayload(sample(file)).kind).toBe('common');
  });

  it('keeps context and custom properties as they are', () => {
    const context = { a: [1] };
    const check = checkPayload(anAlert({}, { alertContext: context, customProperties: { k: 'v' } }));
    if (check.kind !== 'common') throw new Error(check.kind);
    expect(check.payload.data.alertContext).toBe(context);
    expect(check.payload.data.customProperties).toEqual({ k: 'v' });
  });

  it.each([
    ['nothing but what is required', {}, {}],
    ['nulls', { alertRule: null, severity: null, alertTargetIDs: null, firedDateTime: null }, { alertContext: null }],
    ['empty texts and lists', { alertRule: '', alertTargetIDs: [], firedDateTime: '', resolvedDateTime: ' ' }, {}],
    ['null elements in a list', { alertTargetIDs: [null, 'a'], configurationItems: [null] }, {}],
    ['fields and services it does not know', { monitoringService: 'Future', somethingNew: 5 }, { more: [1] }],
    ['empty objects', {}, { alertContext: {}, customProperties: {} }],
  ])('takes %s', (_, essentials, data) => {
    expect(checkPayload(anAlert(essentials, data)).kind).toBe('common');
  });
});

describe('a body of another schema', () => {
  const RECOGNISED: Record<string, string> = {
    'activity-log-administrative-fired.json': 'Microsoft.Insights/activityLogs',
    'activity-log-recommendation-fired.json': 'Microsoft.Insights/activityLogs',
    'activity-log-resource-health-fired.json': 'Microsoft.Insights/activityLogs',
    'activity-log-security-fired.json': 'Microsoft.Insights/activityLogs',
    'activity-log-service-health-fired.json': 'Microsoft.Insights/activityLogs',
    'app-insights-log-alert-fired.json': 'Microsoft.Insights/LogAlert',
    'budget-aip-notification-fired.json': 'AIP Budget Notification',
    'budget-aip-us-date-fired.json': 'AIP Budget Notification',
    'classic-metric-alert-fired.json': 'a classic alert',
    'cloud-event-fired.json': 'a CloudEvents event',
    'event-grid-batch-fired.json': 'an array of Event Grid events',
    'event-grid-event-fired.json': 'an array of Event Grid events',
    'log-alert-custom-json-fired.json': 'JSON of another kind',
    'log-alert-number-of-results-wrapped-fired.json': 'Microsoft.Insights/LogAlert',
    'log-analytics-log-alert-fired.json': 'a log alert in its own schema',
    'metric-alert-v2-multi-resource-resolved.json': 'AzureMonitorMetricAlert',
    'metric-alert-v2-static-fired.json': 'AzureMonitorMetricAlert',
    'metric-alert-v2-webtest-test-action-fired.json': 'AzureMonitorMetricAlert), wrapped twice (data.data)',
    'smart-detector-arm-alert-resolved.json': 'Azure Resource Manager API',
  };

  it('is expected for every legacy sample', () => {
    expect(Object.keys(RECOGNISED)).toEqual(sampleNames('legacy'));
  });

  it.each(Object.entries(RECOGNISED))('is recognised in %s', (file, name) => {
    const check = checkPayload(sample(join('legacy', file)));
    expect(check).toEqual({ kind: 'not_common_schema', detail: expect.stringContaining(name) });
    expect(check).toMatchObject({ detail: expect.stringContaining('"Enable the common alert schema"') });
  });

  it.each([
    [null, 'null'],
    ['text', 'a string'],
    [5, 'a number'],
    [[], 'an array'],
    [{}, 'it has no schemaId'],
    [{ schemaId: 'azureMonitorCommonAlertSchemaV9' }, 'its schemaId is not known'],
    [{ schemaId: 'constructor' }, 'its schemaId is not known'],
    [{ data: { data: {} } }, 'wrapped twice'],
    [{ schemaId: 'azureMonitorCommonAlertSchema', data: { data: { essentials: {} } } }, 'wrapped twice'],
  ])('is seen in %j', (body, name) => {
    expect(checkPayload(body)).toEqual({ kind: 'not_common_schema', detail: expect.stringContaining(name) });
  });
});

describe('a faulty payload', () => {
  it.each([
    [{ schemaId: 'azureMonitorCommonAlertSchema' }, ['data must be an object, not absent']],
    [{ schemaId: 'azureMonitorCommonAlertSchema', data: [{}] }, ['data must be an object, not an array']],
    [{ schemaId: 'azureMonitorCommonAlertSchema', data: {} }, ['data.essentials must be an object, not absent']],
    [
      { schemaId: 'azureMonitorCommonAlertSchema', data: { essentials: {} } },
      [
        'data.essentials.alertId must be a non-empty string, not absent',
        'data.essentials.monitoringService must be a non-empty string, not absent',
      ],
    ],
    [
      { data: { essentials: { alertId: 'a', monitoringService: 'b' } } },
      ['schemaId must be "azureMonitorCommonAlertSchema", not absent'],
    ],
    [anAlert({ alertId: ' ' }), ['data.essentials.alertId must be a non-empty string, not an empty string']],
    [anAlert({ alertId: 5 }), ['data.essentials.alertId must be a non-empty string, not a number']],
    [anAlert({ severity: 3 }), ['data.essentials.severity must be a string, not a number']],
    [anAlert({ alertTargetIDs: 'x' }), ['data.essentials.alertTargetIDs must be an array of strings, not a string']],
    [
      anAlert({ alertTargetIDs: ['x', 5, null, {}] }),
      [
        'data.essentials.alertTargetIDs[1] must be a string, not a number',
        'data.essentials.alertTargetIDs[3] must be a string, not an object',
      ],
    ],
    [anAlert({ firedDateTime: 'yesterday' }), [`data.essentials.firedDateTime ${NO_TIME}`]],
    [anAlert({ firedDateTime: '2026-02-30T10:00:00Z' }), [`data.essentials.firedDateTime ${NO_TIME}`]],
    [anAlert({ resolvedDateTime: 5 }), [`data.essentials.resolvedDateTime ${NO_TIME}, not a number`]],
    [anAlert({}, { alertContext: 'None' }), ['data.alertContext must be an object, not a string']],
    [anAlert({}, { customProperties: [] }), ['data.customProperties must be an object, not an array']],
    [
      anAlert({ severity: {} }, { alertContext: 5 }),
      ['data.alertContext must be an object, not a number', 'data.essentials.severity must be a string, not an object'],
    ],
  ])('%j is answered with the paths', (body, expected) => {
    expect(errorsOf(body).sort()).toEqual([...expected].sort());
  });

  it('is never repeated in the answer', () => {
    const secret = 's3cret-value';
    const body = anAlert(
      { severity: { secret }, firedDateTime: secret, alertTargetIDs: [[secret]] },
      { alertContext: secret },
    );
    expect(JSON.stringify(checkPayload(body))).not.toContain(secret);
  });

  it('is answered with fifty faults at most', () => {
    expect(errorsOf(anAlert({ alertTargetIDs: new Array<number>(100_000).fill(1) }))).toHaveLength(50);
  });
});

describe('a hostile body', () => {
  it('may be nested a hundred thousand levels deep', () => {
    const nested = `${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`;
    const body = `{"schemaId":"azureMonitorCommonAlertSchema","data":{"essentials":{"alertId":"a","monitoringService":"b"},"alertContext":{"x":${nested}}}}`;
    expect(checkPayload(JSON.parse(body)).kind).toBe('common');
    expect(checkPayload(JSON.parse(nested)).kind).toBe('not_common_schema');
    expect(checkPayload(JSON.parse(body.replace('"alertId":"a"', `"alertId":${nested}`))).kind).toBe('invalid_payload');
  });

  it('gains nothing by __proto__ and the like', () => {
    const text =
      '{"schemaId":"azureMonitorCommonAlertSchema","__proto__":{"x":1},"data":{"__proto__":null,"essentials":' +
      '{"__proto__":{"alertId":"a","monitoringService":"b"},"constructor":null,"toString":5}}}';
    expect(errorsOf(JSON.parse(text))).toHaveLength(2);
    expect(({} as { alertId?: string }).alertId).toBeUndefined();
  });

  it('never makes it throw, whatever JSON it is', () => {
    fc.assert(fc.property(fc.jsonValue(), (body) => void checkPayload(body)));
    fc.assert(
      fc.property(fc.dictionary(fieldName, fc.jsonValue()), fc.jsonValue(), (essentials, rest) => {
        checkPayload(anAlert(essentials, { alertContext: rest, customProperties: rest }));
      }),
    );
  });
});

const fieldName = fc.constantFrom(
  'alertId',
  'monitoringService',
  'severity',
  'alertTargetIDs',
  'firedDateTime',
  '__proto__',
);
