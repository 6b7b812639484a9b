import fc from 'fast-check';
import { GROUP, SUBSCRIPTION, someFacts, TARGET } from '../../../test/work-items/routing-builders';
import type { RoutingFacts } from './routing-facts';
import { faultsOf, render } from './template.rules';
import { cpuMsSince } from '../../../test/support/cpu-time';

describe('render', () => {
  it.each([
    ['{{ alert.rule }} on {{target.name}}', 'db-cpu on vm1'],
    ['{{\n alert.rule\t}}', 'db-cpu'],
    ['{{alert.id}}', `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/a1`],
    ['{{alert.severity}} {{alert.signalType}} {{alert.monitoringService}}', 'Sev3 Metric Platform'],
    ['{{alert.title}}: {{alert.description}}', 'db-cpu on vm1: It is hot.'],
    ['{{alert.firedAt}}', '2026-01-31T12:00:00.000Z'],
    ['{{alert.subscriptionId}} {{target.subscriptionId}}', `${SUBSCRIPTION} ${SUBSCRIPTION}`],
    ['{{target.id}}', TARGET],
    ['{{target.type}} in {{target.resourceGroup}}', 'microsoft.compute/virtualmachines in db'],
    ['{{ci.name}} {{ci.className}} {{ci.environment}} {{ci.supportGroup}}', 'vm1 cmdb_ci_vm_instance prod dba'],
    ['{{ci.tags.ENV}} {{ci.tags.owner}} {{ci.tags.none}}.', 'prod dba .'],
    ['{{customProperties.team}}{{customProperties.tier}}{{customProperties.Team}}', 'dba1'],
    ['{{customProperties.constructor}}', ''],
    ['no placeholder, { one } brace, }} and }', 'no placeholder, { one } brace, }} and }'],
    ['', ''],
  ])('of %j is %j', (template, expected) => {
    expect(faultsOf(template)).toEqual([]);
    expect(render(template, someFacts())).toBe(expected);
  });

  it.each<[Partial<RoutingFacts>, string]>([
    [{ targets: [`/subscriptions/${SUBSCRIPTION}`] }, SUBSCRIPTION],
    [{ targets: [GROUP] }, 'db'],
    [{ targets: [] }, 'vm1'],
    [{ targets: [], cis: [], configurationItems: ['vm7'] }, 'vm7'],
    [{ targets: ['host9'], cis: [], configurationItems: [] }, 'host9'],
    [{ targets: [], cis: [], configurationItems: [] }, ''],
  ])('finds the name of the target of %j', (facts, expected) => {
    expect(render('{{target.name}}', someFacts(facts))).toBe(expected);
  });

  it('leaves out what the alert does not have', () => {
    const facts = someFacts({ alertRule: null, severity: null, targets: [], cis: [], customProperties: {} });
    const template = '[{{alert.rule}}{{alert.severity}}{{target.id}}{{ci.tags.env}}{{customProperties.team}}]';
    expect(render(template, facts)).toBe('[]');
  });

  it('never expands what a value holds', () => {
    const values = fc.array(fc.constantFrom('{{', '}}', '{', '}', 'alert.severity', ' ', '$&', '$1'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(values, values, (one, other) => {
        const facts = someFacts({ alertRule: one.join(''), customProperties: { x: other.join('') } });
        expect(render('{{alert.rule}}|{{customProperties.x}}', facts)).toBe(`${one.join('')}|${other.join('')}`);
      }),
    );
  });

  it('ends before it gets too long, and not within a character', () => {
    const facts = someFacts({ description: '\u{1f600}'.repeat(200_000) });
    const text = render(`.${'{{alert.description}}'.repeat(400)}`, facts);
    expect(text.length).toBe(10_000);
    expect(text.isWellFormed()).toBe(true);
  });

  it('and the search for faults take no time over a hostile template', () => {
    const start = process.cpuUsage();
    for (const part of ['{', '}', '{{', '}}', '{{ ', '{{}}', '{{alert.rule}}', '{{ci.tags.']) {
      const template = part.repeat(50_000);
      faultsOf(template);
      render(template, someFacts());
    }
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });

  it('takes no time over an id that is long to read, however often it is named', () => {
    const hostile = someFacts({ targets: [`/${'a%2525/'.repeat(1_100)}`] });
    const start = process.cpuUsage();
    expect(render('{{target.type}}'.repeat(500), hostile)).toBe('');
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });
});

describe('faultsOf', () => {
  it.each([
    ['{{ alert.name }}', /^\{\{alert\.name\}\} is not known; known are alert\.id, .*, customProperties\.<key>$/],
    ['{{Alert.rule}}', /^\{\{Alert\.rule\}\} is not known/],
    ['{{}}', /^\{\{\}\} is not known/],
    ['{{ci.tags.}}', /^\{\{ci\.tags\.\}\} is not known/],
    ['{{customProperties}}', /^\{\{customProperties\}\} is not known/],
    ['{{constructor}}', /^\{\{constructor\}\} is not known/],
    ['{{{alert.rule}}}', /^\{\{\{alert\.rule\}\} is not known/],
    ['{{customProperties.a {{alert.rule}}', /^\{\{customProperties\.a \{\{alert\.rule\}\} is not known/],
    ['on {{target.name', /^\{\{target\.name is not closed by }}$/],
    ['on {{target.name}', /^\{\{target\.name} is not closed by }}$/],
    ['{{', /^\{\{ is not closed by }}$/],
  ])('of %j say why', (template, expected) => {
    expect(faultsOf(template)).toEqual([expect.stringMatching(expected)]);
  });

  it('name each of them, up to a few', () => {
    expect(faultsOf('{{a}} {{alert.rule}} {{b}} {{c')).toHaveLength(3);
    expect(faultsOf('{{a}}'.repeat(1_000))).toHaveLength(5);
  });

  it('are looked for no longer than until there are a few', () => {
    const start = process.cpuUsage();
    for (let turn = 0; turn < 50; turn += 1) faultsOf('{{a}}'.repeat(200_000));
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });

  it('are there for exactly the placeholders that nothing is known by', () => {
    const known = fc.constantFrom('alert.rule', 'target.name', 'ci.tags.a b', 'customProperties.x.y');
    const unknown = fc.constantFrom('alert', 'target.Name', 'ci.tags', 'rule');
    const templates = fc.array(
      fc.oneof(
        known.map((name) => ({ name, faulty: false })),
        unknown.map((name) => ({ name, faulty: true })),
      ),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(templates, (placeholders) => {
        const template = placeholders.map(({ name }) => `x {{ ${name} }}`).join('');
        expect(faultsOf(template)).toHaveLength(placeholders.filter(({ faulty }) => faulty).length);
      }),
    );
  });
});
