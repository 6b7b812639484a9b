import fc from 'fast-check';
import { cpuMsSince } from '../../../test/support/cpu-time';
import { aRule, GROUP, someFacts, SUBSCRIPTION } from '../../../test/work-items/routing-builders';
import { explainRoute, inOrder, routeOf } from './route.rules';
import type { RoutingActions } from './routing-rule';

const DEFAULTS = {
  type: 'incident',
  title: 'db-cpu on vm1',
  description: 'It is hot.',
  assignmentGroup: null,
  category: null,
  impact: null,
  urgency: null,
  reopenWindowMinutes: 60,
  recordOnly: false,
  perConfigurationItem: false,
  autoResolve: true,
};

describe('routeOf', () => {
  it('without any rule is what the service does by itself', () => {
    expect(routeOf([], someFacts())).toEqual({ rule: null, ...DEFAULTS });
  });

  it('by a rule that says nothing is the same, and names the rule', () => {
    const rule = aRule({ id: 'a', name: 'nothing', version: 7, position: 3 });
    expect(routeOf([rule], someFacts())).toEqual({
      rule: { id: 'a', name: 'nothing', version: 7, position: 3 },
      ...DEFAULTS,
    });
  });

  it('is what the rule says, with the values of the alert', () => {
    const actions: RoutingActions = {
      type: 'event',
      title: '{{ci.environment}}: {{alert.rule}}',
      description: 'Call {{customProperties.team}}.\n\n{{alert.description}}\n',
      assignmentGroup: '{{ci.supportGroup}}',
      category: 'db {{alert.severity}}',
      impact: 1,
      urgency: 2,
      reopenWindowMinutes: 0,
      recordOnly: true,
      perConfigurationItem: true,
      autoResolve: false,
    };
    expect(routeOf([aRule({ actions })], someFacts())).toMatchObject({
      ...actions,
      title: 'prod: db-cpu',
      description: 'Call dba.\n\nIt is hot.',
      assignmentGroup: 'dba',
      category: 'db Sev3',
    });
  });

  it('by a template of which nothing is left has the own title of the service, and no group', () => {
    const blank = ' {{alert.severity}}\n';
    const actions = { title: blank, description: blank, assignmentGroup: blank, category: blank };
    expect(routeOf([aRule({ actions })], someFacts({ severity: null }))).toMatchObject({
      title: DEFAULTS.title,
      description: null,
      assignmentGroup: null,
      category: null,
    });
  });

  it('has no group and no category of what redaction has taken out, but tells of it in texts', () => {
    const template = '{{customProperties.owner}}';
    const actions = { title: template, description: template, assignmentGroup: template, category: `of ${template}` };
    for (const owner of ['[redacted]', 'mail [redacted]']) {
      const facts = someFacts({ customProperties: { owner } });
      expect(routeOf([aRule({ actions })], facts)).toMatchObject({
        ...{ title: owner, description: owner, assignmentGroup: null, category: 'of' },
      });
    }
  });

  it('has no HTML in its title, and no control characters in its description', () => {
    const actions = { title: '{{alert.rule}}: {{alert.description}}', description: 'See: {{alert.description}}' };
    const facts = someFacts({ alertRule: '<b>hot</b>', description: '<a href="x">a</a>&amp;b\u202e\u0007\r\n\tc' });
    expect(routeOf([aRule({ actions })], facts)).toMatchObject({
      title: 'hot : a &b c',
      description: 'See: <a href="x">a</a>&amp;b\n\tc',
    });
  });

  it('cuts a description that nobody would read to its end', () => {
    expect(routeOf([], someFacts({ description: 'x'.repeat(1_000_000) })).description).toHaveLength(8_000);
  });

  it('takes little time with many rules of many scopes for an alert of many targets', () => {
    const scopeOf = (rule: number, scope: number): string =>
      `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-${rule}-${scope}`;
    const hundred = Array.from({ length: 100 }, (_, index) => index);
    const rules = hundred.map((rule) => aRule({ match: { scope: hundred.map((scope) => scopeOf(rule, scope)) } }));
    const targets = hundred.map((index) => `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm${index}`);
    const start = process.cpuUsage();
    for (let turn = 0; turn < 10; turn += 1) expect(routeOf(rules, someFacts({ targets })).rule).toBeNull();
    expect(cpuMsSince(start)).toBeLessThan(2_000);
  });

  it('has one line for a title, and fits its columns, whatever the alert holds', () => {
    const template = '{{alert.rule}} {{alert.description}}';
    const actions = { title: template, description: template, assignmentGroup: template, category: template };
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat({ max: 50 }), (text, times) => {
        const facts = someFacts({ alertRule: text, description: text.repeat(times) });
        const { title, description, assignmentGroup, category } = routeOf([aRule({ actions })], facts);
        expect(title).toMatch(/^[^\p{C}\u2028\u2029]{1,200}$/u);
        expect(description?.length ?? 1).toBeLessThanOrEqual(8_000);
        for (const name of [assignmentGroup, category]) expect(name ?? 'x').toMatch(/^[^\p{C}]{1,100}$/u);
      }),
    );
  });

  it('is that of the first enabled rule that matches, in whatever order the rules come', () => {
    const rules = [
      aRule({ id: 'c', position: 20 }),
      aRule({ id: 'd', position: 10, match: { severity: ['Sev0'] } }),
      aRule({ id: 'a', position: 20, enabled: false }),
      aRule({ id: 'b', position: 20 }),
      aRule({ id: 'e', position: 1_000 }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(rules, { minLength: rules.length }), (shuffled) => {
        expect(routeOf(shuffled, someFacts()).rule?.id).toBe('b');
      }),
    );
  });
});

describe('explainRoute', () => {
  it('says of each rule before the one that was taken why it was not', () => {
    const rules = [
      aRule({ id: 'a', position: 1, name: 'critical', match: { severity: ['Sev0', 'Sev1'] } }),
      aRule({ id: 'b', position: 2, name: 'off', enabled: false }),
      aRule({ id: 'c', position: 3, name: 'all' }),
      aRule({ id: 'd', position: 4, name: 'never asked', match: { severity: ['Sev0'] } }),
    ];
    const { route, skipped } = explainRoute(rules, someFacts());
    expect(route.rule?.id).toBe('c');
    expect(skipped).toEqual([
      { rule: { id: 'a', name: 'critical', position: 1 }, reason: 'severity Sev3 is none of Sev0, Sev1' },
      { rule: { id: 'b', name: 'off', position: 2 }, reason: 'it is not enabled' },
    ]);
  });
});

describe('inOrder', () => {
  it('sorts by position, then by id, and leaves the list as it is', () => {
    const rules = [aRule({ id: 'b', position: 2 }), aRule({ id: 'a', position: 2 }), aRule({ id: 'c', position: 1 })];
    expect(inOrder(rules).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    expect(rules.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  });
});
