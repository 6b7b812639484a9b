import { isIPv4, isIPv6 } from 'node:net';

/**
 * What is wrong with an entry of TRUST_PROXY, or null. A prefix of 0 would believe what any caller says of itself: a
 * mistake, or the end of every count by address.
 */
export function trustedProxyFault(entry: string): string | null {
  const [address = '', prefix, ...rest] = entry.split('/');
  const bits = bitsOf(address);
  if (bits === null || rest.length > 0) return 'must be an address or a CIDR, such as 10.0.0.7 or 10.1.0.0/16';
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits);
  return isPrefix ? null : `must have a prefix from /1 to /${bits}`;
}

function bitsOf(address: string): number | null {
  if (isIPv4(address)) return 32;
  return isIPv6(address) && !address.includes('%') ? 128 : null;
}
