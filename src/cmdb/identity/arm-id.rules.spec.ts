import fc from 'fast-check';
import { holdersOf, parentsOf, parseArmId } from './arm-id.rules';
import { cpuMsSince } from '../../../test/support/cpu-time';

const VM =
  '/subscriptions/AAAA0A0A-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/Web-RG/providers/Microsoft.Compute/virtualMachines/VM1';
const VM_KEY = VM.toLowerCase();

describe('an ARM id', () => {
  it.each([
    ['as the portal shows it', VM],
    ['lower-cased', VM.toLowerCase()],
    ['upper-cased', VM.toUpperCase()],
    ['with a trailing slash', `${VM}/`],
    ['with doubled slashes', VM.replaceAll('/', '//')],
    ['without the leading slash', VM.slice(1)],
    ['with blanks around', `  ${VM}\n`],
    ['percent-encoded', VM.replace('VM1', '%56M1')],
    ['percent-encoded twice', VM.replace('VM1', '%2556M1')],
  ])('is the same resource %s', (_, text) => {
    expect(parseArmId(text)?.key).toBe(VM_KEY);
  });

  it('tells name, type, subscription and resource group', () => {
    expect(parseArmId(VM)).toEqual({
      key: VM_KEY,
      path: VM,
      name: 'VM1',
      resourceType: 'microsoft.compute/virtualmachines',
      subscriptionId: 'aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e',
      resourceGroup: 'Web-RG',
    });
  });

  it.each([
    ['/subscriptions/s1', 'microsoft.resources/subscriptions', 's1'],
    ['/subscriptions/xxx/resourceGroups/rg', 'microsoft.resources/subscriptions/resourcegroups', 'rg'],
    [
      '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Sql/servers/a/databases/b',
      'microsoft.sql/servers/databases',
      'b',
    ],
    [`${VM}/providers/Microsoft.AlertsManagement/alerts/123`, 'microsoft.alertsmanagement/alerts', '123'],
    ['/subscriptions/s1/providers/Microsoft.Insights/actionGroups/x', 'microsoft.insights/actiongroups', 'x'],
    ['/providers/Microsoft.Management/managementGroups/mg', 'microsoft.management/managementgroups', 'mg'],
    [
      '/subscriptions/s1/resourceGroups/rg/providers/microsoft.insights/metricalerts/CPU > 90%',
      'microsoft.insights/metricalerts',
      'CPU > 90%',
    ],
    ['/subscriptions/s1/resourceGroups/rg/providers/A.B/cs/a%2Fb', 'a.b/cs', 'a%2fb'],
  ])('%s is a %s', (text, resourceType, name) => {
    expect(parseArmId(text)).toMatchObject({ resourceType, name });
  });

  it.each([
    '',
    '/',
    'vm1',
    'vm1.corp.example',
    '10.0.0.4',
    'https://example.com/subscriptions/x',
    '/subscriptions',
    '/subscriptions/s1/resourceGroups',
    '/resourceGroups/rg/providers/microsoft.insights/activityLogAlerts/x',
    '/subscriptions/s1/resourceGroups/rg/providers',
    '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute',
    '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines',
    '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1/extensions',
    '/subscriptions/s1/locations/westeurope',
    `/subscriptions/s1/resourceGroups/${'x'.repeat(256)}`,
    `/subscriptions/${'\u0130'.repeat(128)}`,
  ])('is not %p', (text) => {
    expect(parseArmId(text)).toBeNull();
  });

  it('may have 2,000 characters and more, to a bound', () => {
    expect(parseArmId(VM.padEnd(8_001, '/'))).toBeNull();
    const deep = `${VM}${'/level/name-of-some-length'.repeat(100)}`;
    expect(deep.length).toBeGreaterThan(2_000);
    expect(parseArmId(deep)?.key).toBe(deep.toLowerCase());
  });

  it.each([
    [5, 'A'],
    [6, `%${'25'.repeat(5)}41`],
  ])('with %i layers of encoding is named %s, and reads so again', (layers, name) => {
    const encoded = `%${'25'.repeat(layers - 1)}41`;
    const path = parseArmId(`${VM}/extensions/${encoded}`)?.path ?? '';
    expect([parseArmId(path)?.name, parseArmId(path)?.path]).toEqual([name, path]);
  });

  it('with percent signs that encode nothing is read in good time', () => {
    const start = process.cpuUsage();
    for (let turn = 0; turn < 100; turn += 1) parseArmId('%/'.repeat(4_000));
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });
});

describe('the parents of an ARM id', () => {
  it('are the holding resources, then resource group and subscription', () => {
    const id = parseArmId('/subscriptions/s1/resourceGroups/RG/providers/Microsoft.Sql/servers/A/databases/b')!;
    expect(parentsOf(id).map((parent) => [parent.path, parent.isScope])).toEqual([
      ['/subscriptions/s1/resourceGroups/RG/providers/Microsoft.Sql/servers/A', false],
      ['/subscriptions/s1/resourceGroups/RG', true],
      ['/subscriptions/s1', true],
    ]);
  });

  it('of an extension resource begin with the resource that it extends', () => {
    const id = parseArmId(`${VM}/providers/Microsoft.Insights/diagnosticSettings/d`)!;
    expect(parentsOf(id)[0]?.path).toBe(VM);
  });

  it('of a tenant-level resource are none', () => {
    expect(parentsOf(parseArmId('/providers/Microsoft.Management/managementGroups/mg')!)).toEqual([]);
  });
});

describe('whatever the text', () => {
  const words = fc.constantFrom(
    'subscriptions',
    'resourceGroups',
    'providers',
    'Microsoft.Sql',
    '%2F',
    '%',
    'ß',
    ' ',
    'İ',
  );
  const paths = fc.array(fc.oneof(words, fc.string()), { maxLength: 12 }).map((segments) => `/${segments.join('/')}`);

  it('reading never throws, and reading a key gives the same key', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), paths), (text) => {
        const id = parseArmId(text);
        if (id === null) return;
        expect(parseArmId(id.key)?.key).toBe(id.key);
        expect(parseArmId(id.path)?.path).toBe(id.path);
      }),
      { numRuns: 2_000 },
    );
  });

  const names = fc
    .stringMatching(/^[A-Za-z0-9._-]{1,40}$/)
    .filter((name) => !/^(providers|resourcegroups)$/i.test(name));
  const pairs = fc.array(fc.tuple(names, names), { minLength: 1, maxLength: 4 });
  const path = (namespace: string, levels: readonly (readonly string[])[]): string =>
    `/providers/${[namespace, ...levels.flat()].join('/')}`;
  const scopes = fc.oneof(
    fc.constant({ scope: '', subscriptionId: null, resourceGroup: null }),
    names.map((id) => ({
      scope: `/subscriptions/${id}`,
      subscriptionId: id.toLowerCase(),
      resourceGroup: null as string | null,
    })),
    fc.tuple(names, names).map(([id, group]) => ({
      scope: `/subscriptions/${id}/resourceGroups/${group}`,
      subscriptionId: id.toLowerCase(),
      resourceGroup: group,
    })),
  );

  it('a resource at any level, with any children, is told by its scope, its type and its name', () => {
    fc.assert(
      fc.property(scopes, names, pairs, ({ scope, ...place }, namespace, levels) => {
        const id = parseArmId(`${scope}${path(namespace, levels)}`);
        const resourceType = [namespace, ...levels.map(([type]) => type)].join('/').toLowerCase();
        expect(id).toMatchObject({ ...place, resourceType, name: levels.at(-1)![1] });
      }),
    );
  });

  it('an extension of anything has its own type, and what it extends is its first parent', () => {
    fc.assert(
      fc.property(scopes, names, pairs, names, ({ scope }, namespace, levels, name) => {
        const extended = `${scope}${path(namespace, levels)}`;
        const id = parseArmId(`${extended}/providers/Microsoft.Insights/diagnosticSettings/${name}`);
        expect(id).toMatchObject({ resourceType: 'microsoft.insights/diagnosticsettings', name });
        expect(parentsOf(id!)[0]?.path).toBe(extended);
        expect(holdersOf(id!)[0]?.path).toBe(extended);
      }),
    );
  });

  it('one more child has the resource as its first parent', () => {
    fc.assert(
      fc.property(scopes, names, pairs, names, ({ scope }, namespace, levels, name) => {
        const parent = `${scope}${path(namespace, levels)}`;
        const [first] = parentsOf(parseArmId(`${parent}/kinds/${name}`)!);
        expect([first?.path, first?.isScope]).toEqual([parent, false]);
      }),
    );
  });

  it('encoding any of the characters changes nothing, once or twice', () => {
    const texts = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => /^[^%/\s]+$/.test(text) && text === text.toWellFormed());
    fc.assert(
      fc.property(texts, (name) => {
        const plain = parseArmId(`${VM}/extensions/${name}`);
        const once = encodeURIComponent(name);
        for (const encoded of [once, encodeURIComponent(once), once.toLowerCase()]) {
          expect(parseArmId(`${VM}/extensions/${encoded}`)?.key).toBe(plain?.key);
        }
      }),
    );
  });

  it('case, doubled slashes and slashes at the end change nothing', () => {
    fc.assert(
      fc.property(fc.array(names, { minLength: 4, maxLength: 4 }), ([subscription, group, type, name]) => {
        const id = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.X/${type}/${name}`;
        const key = parseArmId(id)?.key;
        expect(key).toBeDefined();
        expect(parseArmId(`${id.toUpperCase().replaceAll('/', '//')}///`)?.key).toBe(key);
      }),
    );
  });

  it('holders are the parents that are no scope', () => {
    fc.assert(
      fc.property(paths, (text) => {
        const id = parseArmId(text);
        if (id === null) return;
        const holders = parentsOf(id).filter((parent) => !parent.isScope);
        expect(holdersOf(id)).toEqual(holders);
      }),
    );
  });

  it('parents get shorter and end', () => {
    fc.assert(
      fc.property(paths, (text) => {
        const id = parseArmId(text);
        if (id === null) return;
        const lengths = [id, ...parentsOf(id)].map((parent) => parent.key.length);
        expect(lengths).toEqual([...new Set(lengths)].sort((left, right) => right - left));
      }),
    );
  });
});
