import fastify from 'fastify';
import fc from 'fast-check';
import { trustedProxyFault } from './trusted-proxies.rules';

describe('an entry of TRUST_PROXY', () => {
  it.each(['10.0.0.7', '10.1.0.0/16', '0.0.0.0/1', '::1', 'fd00::/8', '2001:db8::7/128', '::ffff:10.0.0.7'])(
    'may be %s',
    (entry) => {
      expect(trustedProxyFault(entry)).toBeNull();
    },
  );

  it.each([
    'true',
    '1',
    'loopback',
    'proxy.example.com',
    '10.0.0',
    '10.0.0.7/0',
    '::/0',
    '10.0.0.7/33',
    '::1/129',
    '10.0.0.7/',
    '10.0.0.7/255.0.0.0',
    '10.0.0.7/8/8',
    '10.0.0.7/-1',
    '10.0.0.7/+8',
    'fe80::1%eth0',
    '*',
    '',
  ])('is not %j', (entry) => {
    expect(trustedProxyFault(entry)).not.toBeNull();
  });

  it('that is right is taken by Fastify', () => {
    const entries = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.tuple(fc.ipV4(), fc.nat(33)).map(([address, bits]) => `${address}/${bits}`),
      fc.tuple(fc.ipV6(), fc.nat(129)).map(([address, bits]) => `${address}/${bits}`),
    );
    fc.assert(
      fc.property(entries, (entry) => {
        if (trustedProxyFault(entry) !== null) return;
        expect(() => fastify({ trustProxy: [entry] })).not.toThrow();
      }),
    );
  });
});
