import fc from 'fast-check';
import { classify } from './family.rules';
import { partTitleOf, titleOf } from './title.rules';
import { cpuMsSince } from '../../../test/support/cpu-time';

function titleIn(monitoringService: string, essentials: object, alertContext: Record<string, unknown> = {}) {
  return titleOf(classify({ essentials: { alertId: 'a', monitoringService, ...essentials }, alertContext }));
}

describe('titleOf', () => {
  it.each([
    [{ alertRule: 'cpu', configurationItems: ['vm1'], alertTargetIDs: ['/s/vm9'] }, 'cpu on vm1'],
    [{ alertRule: 'cpu', configurationItems: [], alertTargetIDs: ['/subscriptions/s/x/vm9'] }, 'cpu on vm9'],
    [{ alertRule: 'cpu', alertTargetIDs: ['/subscriptions/s1/'] }, 'cpu on subscription s1'],
    [{ alertRule: 'cpu', configurationItems: ['vm1', 'vm2', 'vm3'] }, 'cpu on vm1 and 2 more'],
    [{ alertRule: 'cpu' }, 'cpu'],
    [{ description: 'It is hot.', configurationItems: ['vm1'] }, 'It is hot. on vm1'],
    [{}, 'Platform alert'],
    [{ alertRule: 'a\r\n\tb\u0000c\u202Ed\u2028e' }, 'a b c d e'],
    [{ alertRule: 'load < 5 and > 3' }, 'load < 5 and > 3'],
    [{ alertRule: '<b>hot</b><script>x' }, 'hot x'],
  ])('of %j is %j', (essentials, expected) => {
    expect(titleIn('Platform', essentials)).toBe(expected);
  });

  it('shows the dimensions that tell an alert from its siblings, in one order', () => {
    const dimensions = [
      { name: 'Disk', value: 'C:' },
      { name: 'Computer', value: 'vm1' },
      { name: '_ResourceId', value: '/s/vm1' },
      { name: 'App', value: 7 },
    ];
    const context = { conditionType: 'LogQueryCriteria', condition: { allOf: [{ dimensions }] } };
    expect(titleIn('x', { alertRule: 'full', configurationItems: ['vm1'] }, context)).toBe(
      'full on vm1 (App: 7, Disk: C:)',
    );
  });

  it('cuts a long name of a rule rather than what tells which thing it is', () => {
    const dimensions = [{ name: 'Disk', value: 'C:' }];
    const long = { alertRule: 'x'.repeat(250), configurationItems: ['vm1'] };
    expect(titleIn('x', long)).toBe(`${'x'.repeat(192)}… on vm1`);
    expect(titleIn('x', long, { condition: { allOf: [{ dimensions }] } })).toBe(
      `${'x'.repeat(181)}… on vm1 (Disk: C:)`,
    );
    expect(titleIn('x', { alertRule: 'x'.repeat(200) })).toBe('x'.repeat(200));
  });

  it('of Service Health is the title of the event, without HTML', () => {
    const title = '<p>Azure&nbsp;SQL &amp; <b>Storage</b>\n- West Europe</p>';
    expect(titleIn('ServiceHealth', {}, { properties: { title } })).toBe('Azure SQL & Storage - West Europe');
    expect(titleIn('ServiceHealth', {}, { properties: { trackingId: 'AB-1' } })).toBe('Service Health event AB-1');
  });

  it('is one line of 200 characters at most, whatever the payload says', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }));
    fc.assert(
      fc.property(text, text, text, (alertRule, item, value) => {
        const context = {
          condition: { allOf: [{ dimensions: [{ name: value, value }] }] },
          properties: { title: value },
        };
        for (const service of ['Platform', 'ServiceHealth', 'Prometheus', 'CostAlerts']) {
          const title = titleIn(service, { alertRule, configurationItems: [item] }, context);
          expect(title.length).toBeLessThanOrEqual(200);
          expect(title).toMatch(/^[^\p{C}\u2028\u2029]*$/u);
        }
      }),
    );
  });

  it('of a megabyte of tags is made in good time', () => {
    const start = process.cpuUsage();
    titleIn('Platform', { alertRule: '<a'.repeat(500_000), configurationItems: ['&'.repeat(1_000_000)] });
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });
});

describe('partTitleOf', () => {
  it.each([
    [{ alertRule: 'cpu', monitoringService: 'Platform' }, 'vm1', 'cpu on vm1'],
    [{ alertRule: null, monitoringService: 'Azure Backup' }, 'vm1', 'Azure Backup on vm1'],
    [{ alertRule: 'a\n<b>b</b>', monitoringService: 'x' }, 'vm1\u202E\n2', 'a b on vm1 2'],
    [{ alertRule: 'x'.repeat(250), monitoringService: 'x' }, 'vm1', `${'x'.repeat(192)}… on vm1`],
    [{ alertRule: `${'x'.repeat(191)}\u{1f600}y`, monitoringService: 'x' }, 'vm1', `${'x'.repeat(191)}… on vm1`],
    [
      { alertRule: 'x'.repeat(250), monitoringService: 'x' },
      'v'.repeat(250),
      `${'x'.repeat(79)}… on ${'v'.repeat(115)}…`,
    ],
    [{ alertRule: `${'<b>'.repeat(100)}hot`, monitoringService: 'x' }, 'vm1', 'hot on vm1'],
  ])('of %j for %j is one plain line', (alert, name, expected) => {
    expect(partTitleOf(alert, name)).toBe(expected);
  });
});
