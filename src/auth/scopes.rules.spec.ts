import fc from 'fast-check';
import { parseArmId } from '../cmdb/identity/arm-id.rules';
import { scopeViolation, withinScopes } from './scopes.rules';
import { cpuMsSince } from '../../test/support/cpu-time';

const A = '/subscriptions/a';
const GROUP = '/subscriptions/a/resourceGroups/db';

describe('withinScopes', () => {
  it.each([
    [[A], ['/subscriptions/a'], true],
    [[A], ['/subscriptions/a/'], true],
    [[A], ['/SUBSCRIPTIONS/A/resourceGroups/x'], true],
    [[A], ['/subscriptions/ab'], false],
    [[A], ['/subscriptions/ab/resourceGroups/x'], false],
    [[A], ['/subscriptions/b'], false],
    [[A], ['/subscriptions'], false],
    [[GROUP], ['/subscriptions/a/resourcegroups/DB/providers/x/y/z'], true],
    [[GROUP], ['/subscriptions/a/resourcegroups/db2/providers/x/y/z'], false],
    [[GROUP], ['/subscriptions/a'], false],
    [[`${GROUP}/`], [`${GROUP}/providers/x`], true],
    [[A, '/subscriptions/b'], ['/subscriptions/a/x', '/subscriptions/b/y'], true],
    [[A], ['/subscriptions/a/x', '/subscriptions/b/y'], false],
    [[A], [], false],
    [[], [A], false],
    [[A], ['/subscriptions/a/../b'], false],
    [[A], ['/subscriptions/a/./x'], false],
    [[A], ['/subscriptions/b/../a'], false],
    [[A], ['//subscriptions/a'], false],
    [[A], ['/subscriptions//a'], false],
    [[A], ['/subscriptions/a//x'], false],
    [[A], ['/subscriptions/a/%2e%2e/b'], false],
    [[A], ['/subscriptions/%61'], false],
    [[A], ['/subscriptions/a\\..\\b'], false],
    [[A], ['/subscriptions/a?x=/subscriptions/b'], false],
    [[A], ['/subscriptions/a/\u0000'], false],
    [[A], ['/subscriptions/a/x\u200b'], false],
    [[A], ['/subscriptions/a/\u202ex'], false],
    [[A], ['/subscriptions/a/\ufeff'], false],
    [[A], ['/subscriptions/a/ x'], false],
    [[A], ['/subscriptions/a/x\u00a0/y'], false],
    [[A], ['/subscriptions/a/\u2028x'], false],
    [[A], ['/subscriptions/a '], false],
    [[A], ['/subscriptions/a/x y'], true],
    // Names of Application Insights components and others may have a #, those of resource groups may not.
    [[A], ['/subscriptions/a/resourceGroups/x/providers/microsoft.insights/components/app#1'], true],
    [[GROUP], [`${GROUP}/providers/microsoft.insights/components/app#1`], true],
    [[A], ['/subscriptions/a#'], false],
    [[A], ['/subscriptions/a#/resourceGroups/x'], false],
    [[A], ['/subscriptions/a#/../b'], false],
    [[GROUP], [`${GROUP}#/providers/microsoft.insights/components/app`], false],
    [[A], ['/subscriptions/a/..#/x'], false],
    [[A], ['/subscriptions/a/.#'], false],
    [[A], ['/subscriptions/a/...'], true],
    [['/subscriptions/a#'], ['/subscriptions/a#/x'], false],
    [['/subscriptions/a#/b'], ['/subscriptions/a'], false],
    [[A], ['subscriptions/a'], false],
    [[A], [''], false],
    [[A], ['/'], false],
    [['/'], [A], false],
    [[''], [A], false],
    [['/subscriptions/k'], ['/subscriptions/\u212a'], false],
  ])('%j holds %j: %s', (scopes, armIds, expected) => {
    expect(withinScopes(scopes, armIds)).toBe(expected);
  });

  const segment = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);

  it('holds everything below a scope, in any case', () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1 }), fc.array(segment), (outer, inner) => {
        const scope = `/${outer.join('/')}`;
        const armId = `/${[...outer, ...inner].join('/')}`;
        expect(withinScopes([scope], [armId.toUpperCase()])).toBe(true);
      }),
    );
  });

  // No scope has a # itself, so what it stands behind is within the scope already, for those who read the id as a whole
  // (parseArmId does) as for those who would take it for the beginning of a fragment.
  it('holds nothing by a # that is outside without it, or before it', () => {
    const odd = fc.stringMatching(/^[ab#.]{1,3}$/);
    const scopes = fc
      .tuple(odd, fc.option(odd))
      .map(([a, b]) => `/subscriptions/${a}${b ? `/resourceGroups/${b}` : ''}`);
    const ids = fc
      .tuple(odd, odd, odd)
      .map(([a, b, c]) => `/subscriptions/${a}/resourceGroups/${b}/providers/x/y/${c}`);
    let held = 0;
    fc.assert(
      fc.property(scopes, ids, (scope, armId) => {
        if (!withinScopes([scope], [armId])) return;
        held += 1;
        expect(parseArmId(armId)?.key.startsWith(`${scope.toLowerCase()}/`)).toBe(true);
        expect(withinScopes([scope], [armId.replace(/\/?#.*$/, '')])).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(held).toBeGreaterThan(20);
  });

  it('holds nothing whose last own segment only begins like that of the scope', () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1 }), segment, (outer, rest) => {
        expect(withinScopes([`/${outer.join('/')}`], [`/${outer.join('/')}${rest}/x`])).toBe(false);
      }),
    );
  });

  it('reads an id that is long to read once, however many scopes there are', () => {
    const start = process.cpuUsage();
    expect(withinScopes(new Array<string>(100).fill(A), [`/${'b/'.repeat(100_000)}`])).toBe(false);
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });
});

describe('scopeViolation', () => {
  const caller = (scopes: string[]) => ({ allowedApp: { id: 'entry', scopes } });

  it('lets a caller without scopes post for the whole tenant', () => {
    expect(scopeViolation(caller([]), { targets: ['/subscriptions/z'], alertId: 'x' })).toBeNull();
  });

  it('looks at every target', () => {
    const targets = [`${A}/x`, '/subscriptions/b/y'];
    expect(scopeViolation(caller([A]), { targets, alertId: A })).toBe(
      '/subscriptions/b/y is outside the scopes of the caller',
    );
    expect(scopeViolation(caller([A]), { targets: [`${A}/x`], alertId: '/subscriptions/b' })).toBeNull();
  });

  it('looks at the alert id when there is no target', () => {
    expect(scopeViolation(caller([A]), { targets: [], alertId: `${A}/providers/x` })).toBeNull();
    expect(scopeViolation(caller([A]), { targets: [], alertId: 'not an ARM id' })).not.toBeNull();
  });
});
