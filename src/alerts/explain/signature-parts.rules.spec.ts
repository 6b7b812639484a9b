import { SAMPLES, sample } from '../../../test/support/samples';
import { checkPayload } from '../payload/check-payload';
import { isJsonObject, type JsonObject } from '../payload/json-values';
import { classify, type ClassifiedAlert } from '../rules/family.rules';
import { redact } from '../../common/redact.rules';
import { signatureOf } from '../rules/signature.rules';
import { signaturePartsOf } from './signature-parts.rules';

const ESSENTIALS = [
  'alertId',
  'originAlertId',
  'alertRule',
  'alertRuleID',
  'alertRuleId',
  'alertTargetIDs',
  'configurationItems',
  'severity',
  'description',
].map((name) => `data.essentials.${name}`);

describe.each(SAMPLES)('what is said of the signature of %s', (name) => {
  it('names everything that it hangs on, and nothing else', () => {
    const payload: unknown = redact(sample(name));
    const alert = classified(payload);
    const sources = signaturePartsOf(alert).map(({ source }) => source);
    expect(sources).not.toEqual([]);
    for (const source of sources)
      expect([source, signatureOf(classified(changed(payload, source)))]).not.toEqual([source, signatureOf(alert)]);
    for (const path of ESSENTIALS.filter((each) => !sources.includes(each)))
      expect([path, signatureOf(classified(changed(payload, path)))]).toEqual([path, signatureOf(alert)]);
  });
});

describe('what is said of a signature', () => {
  it('of an alert that names nothing is its id', () => {
    const bare = { data: { essentials: { alertId: 'a', monitoringService: 'Prometheus' } } };
    const payload = { schemaId: 'azureMonitorCommonAlertSchema', ...bare };
    expect(signaturePartsOf(classified(payload))).toMatchObject([{ source: 'data.essentials.alertId' }]);
  });

  it('of a metric alert without an origin is rule, targets, metrics and dimensions', () => {
    const payload = sample('platform-metric-static-cpu-fired', { originAlertId: null });
    const parts = signaturePartsOf(classified(payload));
    expect(parts.map(({ part }) => part)).toEqual(['alert rule', 'targets', 'metric names', 'dimensions']);
  });
});

function classified(payload: unknown): ClassifiedAlert {
  const check = checkPayload(payload);
  if (check.kind !== 'common') throw new Error('The sample is none.');
  return classify(check.payload.data);
}

/** The payload with every text and number behind a path replaced; `[]` stands for every element. */
function changed(payload: unknown, path: string): unknown {
  return changedAt(payload, path.replaceAll('[]', '.[]').split('.'));
}

function changedAt(value: unknown, [head, ...rest]: readonly string[]): unknown {
  if (head === undefined) return otherwise(value);
  if (head === '[]') return Array.isArray(value) ? value.map((each) => changedAt(each, rest)) : value;
  return isJsonObject(value) && head in value ? { ...value, [head]: changedAt(value[head], rest) } : value;
}

function otherwise(value: unknown): unknown {
  if (typeof value === 'string') return `${value.replace(/^(\/subscriptions\/)[^/]+/i, '$1other')}x`;
  if (typeof value === 'number') return value + 1;
  if (Array.isArray(value)) return value.map(otherwise);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, otherwise(each)])) satisfies JsonObject;
}
