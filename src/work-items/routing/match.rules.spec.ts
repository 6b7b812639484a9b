import { aCi, GROUP, someFacts, SUBSCRIPTION, TARGET } from '../../../test/work-items/routing-builders';
import { isScope, mismatchOf } from './match.rules';
import type { RoutingFacts } from './routing-facts';
import type { RoutingMatch } from './routing-rule';
import { cpuMsSince } from '../../../test/support/cpu-time';

const SCOPE = `/subscriptions/${SUBSCRIPTION}`;
const ELSEWHERE = '/subscriptions/22222222-0000-4000-8000-000000000002';

describe('mismatchOf', () => {
  it.each<[RoutingMatch, Partial<RoutingFacts>]>([
    [{}, {}],
    [{ severity: ['Sev0', 'sev3'] }, {}],
    [{ monitoringService: ['platform'] }, {}],
    [{ scope: [SCOPE] }, {}],
    [{ scope: [GROUP.toUpperCase()] }, {}],
    [{ scope: [GROUP] }, { targets: [`${ELSEWHERE}/resourceGroups/x`, TARGET] }],
    [{ scope: [SCOPE] }, { targets: [] }],
    [{ alertRule: 'DB-*' }, {}],
    [{ ciClass: ['x', 'cmdb_ci_vm_instance'] }, {}],
    [{ ciClass: ['cmdb_ci_disk'] }, { cis: [aCi(), aCi({ className: 'cmdb_ci_disk' })] }],
    [{ ciTag: { ENV: 'prod', owner: 'dba' } }, {}],
    [{ customProperty: { team: 'dba', tier: '1' } }, {}],
    [{ customProperty: { tier: 1, on: true } }, { customProperties: { tier: '1', on: true } }],
    [{ severity: ['Sev3'], scope: [GROUP], ciTag: { env: 'prod' } }, {}],
  ])('%j is for an alert with %j', (match, facts) => {
    expect(mismatchOf(match, someFacts(facts))).toBeNull();
  });

  it.each<[RoutingMatch, Partial<RoutingFacts>, string]>([
    [{ severity: ['Sev0', 'Sev1'] }, {}, 'severity Sev3 is none of Sev0, Sev1'],
    [{ severity: ['Sev0'] }, { severity: null }, 'severity (none) is none of Sev0'],
    [{ monitoringService: ['ServiceHealth'] }, {}, 'monitoringService Platform is none of ServiceHealth'],
    [
      { monitoringService: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
      {},
      'monitoringService Platform is none of a, b, c, d, e and 2 more',
    ],
    [{ scope: [`${GROUP}2`] }, {}, `${TARGET} lies within none of ${GROUP}2`],
    [{ scope: [GROUP] }, { targets: [`${GROUP}2/x`] }, `${GROUP}2/x lies within none of ${GROUP}`],
    [{ scope: [GROUP] }, { targets: [`${GROUP}/../x`] }, `${GROUP}/../x lies within none of ${GROUP}`],
    [{ scope: [ELSEWHERE] }, { targets: [], alertId: 'a' }, `a lies within none of ${ELSEWHERE}`],
    [{ alertRule: 'web-*' }, {}, 'alertRule db-cpu does not match web-*'],
    [{ alertRule: '*' }, { alertRule: null }, 'alertRule (none) does not match *'],
    [{ ciClass: ['cmdb_ci_disk'] }, {}, 'ciClass cmdb_ci_vm_instance is none of cmdb_ci_disk'],
    [{ ciClass: ['a'] }, { cis: [] }, 'it is bound to no configuration item of the classes a'],
    [{ ciTag: { env: 'Prod' } }, {}, 'it is bound to no configuration item with env = Prod'],
    [
      { ciTag: { env: 'prod', team: 'dba' } },
      { cis: [aCi({ tags: { env: 'prod' } }), aCi({ tags: { team: 'dba' } })] },
      'it is bound to no configuration item with env = prod, team = dba',
    ],
    [{ customProperty: { team: 'DBA' } }, {}, 'customProperty team is dba, not DBA'],
    [{ customProperty: { Team: 'dba' } }, {}, 'customProperty Team is (none), not dba'],
    [{ customProperty: { team: 'dba', tier: 2 } }, {}, 'customProperty tier is 1, not 2'],
    [{ customProperty: { a: 'x' } }, { customProperties: { a: { b: 'x' } } }, 'customProperty a is (none), not x'],
    [
      { customProperty: { team: '[redacted]' } },
      { customProperties: { team: '[redacted]' } },
      'customProperty team is [redacted], not [redacted]',
    ],
    [{ customProperty: { toString: 'x' } }, {}, 'customProperty toString is (none), not x'],
    [{ severity: ['Sev3'], alertRule: 'x' }, {}, 'alertRule db-cpu does not match x'],
  ])('%j is not for an alert with %j: %s', (match, facts, reason) => {
    expect(mismatchOf(match, someFacts(facts))).toBe(reason);
  });

  it('keeps its reason to one short line, whatever the payload holds', () => {
    const reason = mismatchOf({ severity: ['Sev0'] }, someFacts({ severity: 'a\nb'.repeat(10_000) }));
    expect(reason).toMatch(/^severity a ba .{150,250}… is none of Sev0$/);
  });

  it('shows what a rule asks for in one line too', () => {
    const match = { customProperty: { 'a\nb': 'x\ny' } };
    expect(mismatchOf(match, someFacts())).toBe('customProperty a b is (none), not x y');
    expect(mismatchOf({ alertRule: 'a\n*' }, someFacts())).toBe('alertRule db-cpu does not match a *');
  });

  it.each<[string, RoutingMatch, Partial<RoutingFacts>]>([
    ['long name', { alertRule: 'web-*' }, { alertRule: 'x '.repeat(500_000) }],
    ['long word', { severity: ['Sev0'] }, { severity: 'x '.repeat(500_000) }],
    ['long value', { customProperty: { team: 'dba' } }, { customProperties: { team: 'x '.repeat(500_000) } }],
    ['long target', { scope: [ELSEWHERE] }, { targets: [`/${'x/'.repeat(500_000)}`] }],
    ['long list of targets', { scope: [ELSEWHERE] }, { targets: new Array<string>(100_000).fill(TARGET) }],
  ])('takes no time over a %s, however many rules are tried', (_, match, facts) => {
    const hostile = someFacts(facts);
    const start = process.cpuUsage();
    for (let turn = 0; turn < 100; turn += 1) expect(mismatchOf(match, hostile)).not.toBeNull();
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });
});

describe('isScope', () => {
  it.each([
    [SCOPE, true],
    [`${SCOPE}/`, true],
    [GROUP, true],
    [GROUP.toUpperCase(), true],
    [`${SCOPE}/resourceGroups/(größe)_1.2-3`, true],
    ['', false],
    ['/subscriptions/x', false],
    [`${GROUP}/providers/x`, false],
    [`${SCOPE}/resourceGroups/`, false],
    [`${SCOPE}/resourceGroups/..`, false],
    [`${SCOPE}/resourceGroups/a%2fb`, false],
    [`${SCOPE}/resourceGroups/a\u200b`, false],
    [`${SCOPE}//`, false],
  ])('of %j is %j', (text, expected) => {
    expect(isScope(text)).toBe(expected);
  });
});
