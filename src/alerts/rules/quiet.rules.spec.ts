import { sample, SAMPLES } from '../../../test/support/samples';
import { checkPayload } from '../payload/check-payload';
import { classify } from './family.rules';
import { quietMinutesOf } from './quiet.rules';

function quietOf(name: string, expiry = {}): number | null {
  const check = checkPayload(sample(name));
  if (check.kind !== 'common') throw new Error(check.kind);
  return quietMinutesOf(classify(check.payload.data), expiry);
}

/** Those that Azure never tells the end of; one "Log Analytics" sample has the shape of the newer, stateful kind. */
const STATELESS = /^(activity-log|cost|log-analytics(?!-two)|application-insights|smart-detector-dependency)/;

describe('how long an alert may be silent', () => {
  it.each(SAMPLES)('%s: a day if it tells no end, else for ever', (name) => {
    expect(quietOf(name)).toBe(STATELESS.test(name) ? 24 * 60 : null);
  });

  it('is what the configuration says of its family', () => {
    expect(quietOf('cost-budget-actual-test-action-fired', { cost: 720 })).toBe(720 * 60);
    expect(quietOf('cost-budget-actual-test-action-fired', { cost: null })).toBeNull();
    expect(quietOf('platform-metric-static-cpu-fired', { cost: 1 })).toBeNull();
  });

  it('is a day for what Service Health only announces', () => {
    const payload = sample('service-health-incident-html-fired');
    const { properties } = payload.data.alertContext as { properties: Record<string, unknown> };
    properties.incidentType = 'ActionRequired';
    const check = checkPayload(payload);
    expect(check.kind === 'common' && quietMinutesOf(classify(check.payload.data))).toBe(24 * 60);
  });
});
