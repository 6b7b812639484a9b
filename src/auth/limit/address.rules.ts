import { isIPv4, isIPv6 } from 'node:net';

/** What a proxy sends along that is no address, and a connection that is gone. */
const UNKNOWN = 'unknown';
const IPV4_WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/;
const IPV6_IN_BRACKETS = /^\[([^\]]{2,64})\](?::\d{1,5})?$/;

/**
 * Whom a call is counted for: an IPv4 address, or the /64 of an IPv6 address, because that is what one customer of a
 * provider has at least. A port (Azure's Application Gateway puts one into X-Forwarded-For) and a zone are left out. Always
 * a short text of its own: part of a header would keep the whole header in memory.
 */
export function addressKeyOf(remoteAddress: string): string {
  const address = withoutPort(remoteAddress).replace(/%.*$/, '');
  if (isIPv4(address)) return dotted(address.split('.').map(Number));
  if (!isIPv6(address)) return UNKNOWN;
  const groups = groupsOf(address);
  return isMapped(groups) ? dotted(bytesOf(groups.slice(6))) : `${hex(groups.slice(0, 4))}::/64`;
}

function withoutPort(address: string): string {
  return IPV4_WITH_PORT.exec(address)?.[1] ?? IPV6_IN_BRACKETS.exec(address)?.[1] ?? address;
}

/** The eight groups. A URL writes an address in one way: lower case, no leading zeros, no dots. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const known = [...(first ?? []), ...(last ?? [])].length;
  const zeros = Array.from({ length: 8 - known }, () => '0');
  return [...(first ?? []), ...zeros, ...(last ?? [])].map((group) => Number.parseInt(group, 16));
}

/** `::ffff:203.0.113.7`: how a listener for both kinds names a caller that has IPv4. */
function isMapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

function bytesOf(groups: readonly number[]): number[] {
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function dotted(bytes: readonly number[]): string {
  return bytes.join('.');
}

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}
