import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkPayload } from '../payload/check-payload';
import type { AlertDataDto, EssentialsDto } from '../payload/common-alert.dto';
import { confined } from './confine.rules';
import { normalize } from './normalize';

const SAMPLES = join(__dirname, '../../../test/fixtures/azure-monitor');

function deliver(body: unknown, tenantId = 'tenant') {
  const check = checkPayload(body);
  if (check.kind !== 'common') throw new Error(`refused: ${JSON.stringify(check)}`);
  return normalize(check.payload, { tenantId, receivedAt: new Date(0) });
}

function sample(name: string): { data: AlertDataDto } {
  return JSON.parse(readFileSync(join(SAMPLES, `${name}.json`), 'utf8')) as { data: AlertDataDto };
}

function delivered(name: string) {
  return deliver(sample(name));
}

function anAlert(essentials: Partial<EssentialsDto>, alertContext: Record<string, unknown> = {}) {
  const required = { alertId: 'a', monitoringService: 'SomeService', ...essentials };
  return { schemaId: 'azureMonitorCommonAlertSchema', data: { essentials: required, alertContext } };
}

/** The same alert with every text of its identity in another case. */
function shouted(value: unknown): unknown {
  if (typeof value === 'string') return value.toUpperCase();
  if (Array.isArray(value)) return value.map(shouted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shouted(member)]));
}

describe('Fired and Resolved of one episode', () => {
  it.each([
    'log-alerts-v2-adf-dimension',
    'platform-metric-dynamic-egress',
    'platform-metric-heartbeat',
    'platform-metric-multi-resource-cpu-episode-1',
    'platform-metric-multi-resource-cpu-episode-2',
    'platform-metric-static-cpu',
    'platform-metric-vm-availability',
    'prometheus-node-cpu',
    'smart-detector-failure-anomalies',
  ])('share episode, signature and title, but are two deliveries: %s', (pair) => {
    const [fired, resolved] = [delivered(`${pair}-fired`), delivered(`${pair}-resolved`)];
    expect([resolved.episodeKey, resolved.signature, resolved.title]).toEqual([
      fired.episodeKey,
      fired.signature,
      fired.title,
    ]);
    expect(resolved.deliveryKey).not.toBe(fired.deliveryKey);
    expect([fired.condition, resolved.condition]).toEqual(['fired', 'resolved']);
  });
});

describe('two episodes of one rule on one thing', () => {
  it('share the signature only', () => {
    const [first, second] = [1, 2].map((n) => delivered(`platform-metric-multi-resource-cpu-episode-${n}-fired`));
    expect(second?.signature).toBe(first?.signature);
    expect(second?.episodeKey).not.toBe(first?.episodeKey);
  });

  it('of Resource Health share the signature, whichever rule told of it, and the recovery ends all of them', () => {
    const [down, up] = ['deallocated', 'recovered'].map((name) => delivered(`resource-health-vm-${name}-fired`));
    expect(up?.signature).toBe(down?.signature);
    expect(up?.episodeKey).not.toBe(down?.episodeKey);
    expect([down?.resolvesSignature, up?.resolvesSignature]).toEqual([false, true]);
  });

  it('of a log rule differ by their dimensions', () => {
    const [split, whole] = ['dimension', 'no-dimension'].map((name) => delivered(`log-alerts-v2-adf-${name}-fired`));
    expect(split?.signature).not.toBe(whole?.signature);
  });
});

describe('the communications about one Service Health event', () => {
  it('are one episode, whatever their alertId', () => {
    const [one, other] = [sample('service-health-incident-html-fired'), sample('service-health-incident-html-fired')];
    other.data.essentials.alertId = `${one.data.essentials.alertId}-2`;
    expect(deliver(other).episodeKey).toBe(deliver(one).episodeKey);
    expect(deliver(other).signature).toBe(deliver(one).signature);
    expect(deliver(other).deliveryKey).not.toBe(deliver(one).deliveryKey);
  });

  it('are several where the subscription or the trackingId differs', () => {
    const keys = ['ABC1-DEF', 'ABC1-XYZ'].flatMap((trackingId) =>
      ['/subscriptions/s1', '/subscriptions/s2'].map(
        (target) =>
          deliver(
            anAlert({ monitoringService: 'ServiceHealth', alertTargetIDs: [target] }, { properties: { trackingId } }),
          ).episodeKey,
      ),
    );
    expect(new Set(keys).size).toBe(4);
  });
});

describe('a delivery', () => {
  it('has the same key when Azure sends it again', () => {
    expect(delivered('platform-metric-static-cpu-fired').deliveryKey).toBe(
      delivered('platform-metric-static-cpu-fired').deliveryKey,
    );
  });

  it('has another key when the Test button repeats its ids at another time', () => {
    const presses = ['2024-12-18T22:31:30.1Z', '2024-12-18T22:31:30.2Z', '2024-12-18T22:41:30Z'].map((firedDateTime) =>
      deliver(anAlert({ firedDateTime })),
    );
    expect(new Set(presses.map(({ deliveryKey }) => deliveryKey)).size).toBe(3);
    expect(new Set(presses.map(({ episodeKey }) => episodeKey)).size).toBe(1);
  });

  it.each([
    ['its firing', { firedDateTime: '2024-12-18T22:31:30.9Z' }, '67634d42'],
    [
      'its end, if it has one',
      { firedDateTime: '2024-12-18T22:31:30Z', resolvedDateTime: '2024-12-18T22:31:31Z' },
      '67634d43',
    ],
    ['no time', {}, '00000000'],
    ['a time beyond the last', { firedDateTime: '9999-12-31T23:59:59Z' }, 'ffffffff'],
  ])('has a key that begins with %s, in seconds, for each caller', (_what, essentials, time) => {
    const alert = deliver(anAlert(essentials));
    const [one, other] = ['one', 'other'].map((appId) => confined(alert, { appId, scopes: ['/subscriptions/s'] }));
    const keys = [alert, one, other].map((each) => each?.deliveryKey);
    for (const key of keys) expect(key).toMatch(new RegExp(`^${time}[0-9a-f]{56}$`));
    expect(new Set(keys).size).toBe(3);
  });

  it('of another tenant is another delivery of another episode', () => {
    const body = sample('platform-metric-static-cpu-fired');
    expect(deliver(body, 'other').deliveryKey).not.toBe(deliver(body).deliveryKey);
    expect(deliver(body, 'other').episodeKey).not.toBe(deliver(body).episodeKey);
  });
});

describe('the signature', () => {
  const dimensions = [
    { name: 'Computer', value: 'vm1' },
    { name: 'Disk', value: 'C:' },
    { name: '_ResourceId', value: '/subscriptions/s/x' },
  ];
  const targets = ['/subscriptions/s/a', '/subscriptions/s/b'];

  function aMetricAlert(allOf: unknown, more: Partial<EssentialsDto> = {}) {
    const context = { conditionType: 'SingleResourceMultipleMetricCriteria', condition: { allOf } };
    return anAlert({ alertRule: 'cpu', alertTargetIDs: targets, ...more }, context);
  }

  it('of a metric alert is its originAlertId alone', () => {
    const one = deliver(aMetricAlert([], { originAlertId: 'S_RG_cpu_-1', alertRule: 'old name' }));
    const other = deliver(aMetricAlert([{ dimensions }], { originAlertId: 's_rg_CPU_-1' }));
    expect(other.signature).toBe(one.signature);
  });

  it('of a metric alert without originAlertId is independent of values, thresholds and order', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(dimensions, { minLength: 3 }),
        fc.shuffledSubarray(targets, { minLength: 2 }),
        fc.double(),
        (shuffled, alertTargetIDs, metricValue) => {
          const criterion = { metricName: 'CPU', metricValue, threshold: `${metricValue}`, dimensions: shuffled };
          const plain = deliver(aMetricAlert([{ metricName: 'cpu', dimensions }]));
          expect(deliver(aMetricAlert([criterion], { alertTargetIDs })).signature).toBe(plain.signature);
        },
      ),
    );
  });

  it.each([
    ['rule', aMetricAlert([{ metricName: 'cpu' }], { alertRule: 'memory' })],
    ['target', aMetricAlert([{ metricName: 'cpu' }], { alertTargetIDs: ['/subscriptions/s/c'] })],
    ['metric', aMetricAlert([{ metricName: 'memory' }])],
    ['dimension', aMetricAlert([{ metricName: 'cpu', dimensions: dimensions.slice(1) }])],
  ])('of such an alert differs by %s', (_, other) => {
    expect(deliver(other).signature).not.toBe(deliver(aMetricAlert([{ metricName: 'cpu' }])).signature);
  });

  it('of every sample is the same in any case', () => {
    for (const name of [
      'log-alerts-v2-heartbeat-dimension-fired',
      'prometheus-pod-crash-loop-fired',
      'unknown-service-fired',
    ]) {
      const { data } = sample(name);
      const context = (data.alertContext ?? {}) as Record<string, Record<string, unknown>>;
      const labels = Object.fromEntries(
        Object.entries(context.labels ?? {}).map(([key, value]) => [key, shouted(value)]),
      );
      const loud = {
        schemaId: 'azureMonitorCommonAlertSchema',
        data: {
          essentials: { ...(shouted(data.essentials) as object), monitoringService: data.essentials.monitoringService },
          alertContext: { ...context, condition: shouted(context.condition), ...(context.labels && { labels }) },
        },
      };
      expect([name, deliver(loud).signature]).toEqual([name, delivered(name).signature]);
    }
  });

  it('of a Prometheus alert takes all labels in any order', () => {
    const of = (labels: object) => deliver(anAlert({ alertRule: 'r' }, { labels, expression: 'up' })).signature;
    expect(of({ a: '1', b: '2' })).toBe(of({ b: '2', a: '1' }));
    expect(of({ a: '1', b: '2' })).not.toBe(of({ a: '1', b: '3' }));
    expect(of({ a: '1', b: '2' })).not.toBe(of({ a: '1' }));
  });

  it('of a budget is the budget, the kind of threshold and the amount set, not the amount spent', () => {
    const of = (data: object) => deliver(anAlert({ monitoringService: 'CostAlerts' }, { AlertData: data })).signature;
    const budget = {
      BudgetId: '/B',
      ThresholdType: 'Actual',
      NotificationThresholdAmount: '$25.00',
      SpentAmount: '$30',
    };
    expect(of({ ...budget, SpentAmount: '$99' })).toBe(of(budget));
    expect(of({ ...budget, ThresholdType: 'Forecasted' })).not.toBe(of(budget));
    expect(of({ ...budget, NotificationThresholdAmount: '$50.00' })).not.toBe(of(budget));
  });

  it('of an activity log alert is rule, operation and target', () => {
    const of = (operationName: string, target: Partial<EssentialsDto>, scope?: string) =>
      deliver(
        anAlert({ alertRule: 'r', ...target }, { eventSource: 'Policy', operationName, authorization: { scope } }),
      ).signature;
    const target = { alertTargetIDs: ['/subscriptions/s/vm'] };
    expect(of('restart', target)).toBe(of('RESTART', target, '/elsewhere'));
    expect(of('restart', target)).toBe(of('restart', {}, '/Subscriptions/S/VM'));
    expect(of('restart', target)).not.toBe(of('delete', target));
  });

  it('of a log V1 alert names its items, wherever they stand', () => {
    const of = (essentials: Partial<EssentialsDto>, items?: string[]) =>
      deliver(anAlert({ alertRule: 'r', ...essentials }, { SearchQuery: 'q', AffectedConfigurationItems: items }))
        .signature;
    expect(of({ configurationItems: ['VM2', 'vm1'] })).toBe(of({ configurationItems: [] }, ['vm1', 'vm2']));
    expect(of({ configurationItems: ['vm1'] })).not.toBe(of({ configurationItems: ['vm2'] }));
    expect(of({ alertTargetIDs: ['/w1'] })).not.toBe(of({ alertTargetIDs: ['/w2'] }));
  });

  it('of an alert that names nothing is its own', () => {
    const [one, other] = ['a1', 'a2'].map((alertId) => deliver(anAlert({ alertId })));
    expect(other?.signature).not.toBe(one?.signature);
  });
});
