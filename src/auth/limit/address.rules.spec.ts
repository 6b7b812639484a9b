import fc from 'fast-check';
import { addressKeyOf } from './address.rules';

describe('addressKeyOf', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::7]:51234', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::7]', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['2001:db8:1:3::', '2001:db8:1:3::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::203.0.113.7', '0:0:0:0::/64'],
    ['', 'unknown'],
    ['_hidden', 'unknown'],
    ['999.1.1.1', 'unknown'],
    ['203.0.113.7:', 'unknown'],
    ['1:2:3', 'unknown'],
    ['203.0.113.7, 10.0.0.1', 'unknown'],
    ['http://[::1]/', 'unknown'],
  ])('counts %j for %s', (address, key) => {
    expect(addressKeyOf(address)).toBe(key);
  });

  it('counts one address alike in all its spellings, and all addresses of a /64 together', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        fc.pre(!groups.slice(0, 4).every((group) => group === 0));
        const spelled = (of: number[], width: number): string =>
          of.map((group) => group.toString(16).padStart(width, '0')).join(':');
        const key = addressKeyOf(spelled(groups, 1));
        expect(key).toBe(`${spelled(groups.slice(0, 4), 1)}::/64`);
        expect(addressKeyOf(spelled(groups, 4).toUpperCase())).toBe(key);
        expect(addressKeyOf(`[${spelled(groups, 1)}]:80`)).toBe(key);
        expect(addressKeyOf(`${spelled(groups.slice(0, 4), 1)}::`)).toBe(key);
      }),
    );
  });

  it('is short and never throws, whatever a header holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary' })), (text) => {
        expect(addressKeyOf(text)).toMatch(/^(unknown|\d+(\.\d+){3}|[0-9a-f]+(:[0-9a-f]+){3}::\/64)$/);
      }),
    );
  });
});
