import { isIP } from 'node:net';
import { hashOf, sha256 } from '../../common/hash';
import { parseArmId } from './arm-id.rules';

/** The subscription, and the resource group in it, that an alert speaks from; both lower case. */
export interface NameScope {
  subscriptionId: string;
  resourceGroup: string | null;
}

/** One way by which an item is found: its kind, and the hash that is looked up. */
export interface LookupKey {
  kind: 'alias' | 'host' | 'name' | 'scoped_name';
  hash: string;
  /** Some of those that it finds may not be meant, so that the first few tell nothing. */
  isSifted?: boolean;
}

/** What of an item makes the keys that find it. */
export interface KeyedItem {
  name: string;
  aliases: readonly { value: string }[];
  subscriptionId: string | null;
  resourceGroup: string | null;
}

/** Names, host names and IP addresses compare without regard to case, to blanks around and to the dot that ends a full domain name. */
export function normalizeName(value: string): string {
  return value.trim().toLowerCase().replace(/\.$/, '');
}

/** What an alias or a bare value compares by: an ARM id by its key, all else by {@link normalizeName}. */
export function comparableOf(value: string): string {
  return parseArmId(value)?.key ?? normalizeName(value);
}

/**
 * `vm1` of `vm1.corp.example`; null for a name without a domain, and for an IP address or anything else of digits and dots, with or
 * without a port. Takes a normalised name.
 */
export function hostPartOf(name: string): string | null {
  const dot = name.indexOf('.');
  const isHost = dot > 0 && isIP(name) === 0 && !/^[\d.]+(:\d+)?$/.test(name);
  return isHost ? name.slice(0, dot) : null;
}

/** `vm1` of `vm1:9100`; null for what has no port, as an IPv6 address. Takes a normalised name. */
export function withoutPort(name: string): string | null {
  return /^([^:]+):\d{1,5}$/.exec(name)?.[1] ?? null;
}

/** `vm1` of `vm1`, `vm1.corp.example` and `vm1.corp.example:9100`. Takes a normalised name. */
export function hostNameOf(name: string): string {
  const host = withoutPort(name) ?? name;
  return hostPartOf(host) ?? host;
}

/** SHA-256 by which an ARM id is unique in the CMDB; takes its canonical key. */
export function armKeyHash(canonicalKey: string): string {
  return sha256(canonicalKey);
}

/** An item known by this alias: another ARM id, an FQDN, a host name, an IP address. Takes a comparable value. */
export function aliasKey(comparable: string): LookupKey {
  return { kind: 'alias', hash: hashOf('alias', comparable) };
}

/** An item whose FQDN (its name or an alias) begins with this host part. */
export function hostKey(host: string): LookupKey {
  return { kind: 'host', hash: hashOf('host', host) };
}

/** An item of this name, wherever it is: there may be thousands, so it is never looked up without a limit. */
export function nameKey(name: string): LookupKey {
  return { kind: 'name', hash: hashOf('name', name) };
}

/** An item of this name in a subscription, or in a resource group of it. */
export function scopedNameKey(name: string, scope: NameScope): LookupKey {
  const parts = scope.resourceGroup === null ? [scope.subscriptionId] : [scope.subscriptionId, scope.resourceGroup];
  return { kind: 'scoped_name', hash: hashOf('scoped_name', name, ...parts) };
}

/**
 * Every key by which an item is found, besides its ARM id. A stub gets none: were it found by its name, what an alert is bound
 * to would depend on which alerts came before it. It gets them with the first touch of a person.
 */
export function keysOf(item: KeyedItem): LookupKey[] {
  const name = normalizeName(item.name);
  const aliases = item.aliases.map(({ value }) => comparableOf(value));
  const hosts = [name, ...aliases].flatMap((text) => hostOfFqdn(text) ?? []);
  const keys = [
    nameKey(name),
    ...scopesOf(item).map((scope) => scopedNameKey(name, scope)),
    ...aliases.map(aliasKey),
    ...hosts.map(hostKey),
  ];
  return [...new Map(keys.map((key) => [key.hash, key])).values()];
}

function scopesOf(item: KeyedItem): NameScope[] {
  if (item.subscriptionId === null) return [];
  const subscriptionId = item.subscriptionId.toLowerCase();
  const whole = { subscriptionId, resourceGroup: null };
  return item.resourceGroup === null
    ? [whole]
    : [whole, { subscriptionId, resourceGroup: item.resourceGroup.toLowerCase() }];
}

function hostOfFqdn(text: string): string | null {
  return text.startsWith('/') ? null : hostPartOf(text);
}
