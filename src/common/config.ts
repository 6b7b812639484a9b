import { readFileSync } from 'node:fs';
import { trustedProxyFault } from './http/trusted-proxies.rules';
import { retentionDaysOf, type RetentionDays } from './retention/retention-days.rules';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Families of alerts of which at least some never tell their end. */
export const STATELESS_FAMILIES = ['activity-log', 'cost', 'log-v1', 'service-health', 'smart-detector'] as const;
export type StatelessFamily = (typeof STATELESS_FAMILIES)[number];

/** Hours of silence after which an alert that tells no end counts as over; null = never. What is absent is a day. */
export type ExpiryHours = Partial<Record<StatelessFamily, number | null>>;
const MAX_EXPIRY_HOURS = 8_760;

/** Azure Monitor's own application in the public cloud ("AzNS AAD Webhook"). Source: Azure Monitor documentation, action groups. */
export const AZURE_MONITOR_APP_ID = '461e8683-5575-4561-ac7f-899cc907d62a';

/** What the service was told by its environment. Read once at start; nothing else reads `process.env`. */
export interface Config {
  host: string;
  port: number;
  databaseUrl: string;
  databasePoolSize: number;
  tenantId: string;
  audiences: string[];
  /** Without a slash at its end. */
  authority: string;
  /** PEM text of the CA that signed a private authority's certificate. */
  authorityCa: string | null;
  /** App role that a webhook caller's token must carry; null = none is required. */
  webhookRole: string | null;
  clockSkewSeconds: number;
  /** How many calls of one address are refused in full; 0 = no limit. */
  refusedCallsPerMinute: number;
  /** Addresses and CIDRs of proxies whose X-Forwarded-For is believed; empty = none is. */
  trustedProxies: string[];
  /** Application ids put on the allowlist when the database is first set up. */
  allowedAppIds: string[];
  /** null = no spool. */
  spoolDir: string | null;
  spoolMaxBytes: number;
  bodyLimitBytes: number;
  alertExpiryHours: ExpiryHours;
  retentionDays: RetentionDays;
  /** null = no metrics listener. */
  metricsPort: number | null;
  logLevel: string;
}

/** Injection token of {@link Config}. */
export const CONFIG = Symbol('config');

/** The environment is unusable; the message names every bad variable, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}

/**
 * Reads the whole configuration, or throws one {@link ConfigError} that names every bad variable. A variable that is set
 * but empty counts as "not set", except where empty has a meaning of its own (SPOOL_DIR, AZURE_AD_WEBHOOK_ROLE, METRICS_PORT).
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const reader = new EnvironmentReader(env);
  const config: Config = {
    host: reader.text('HOST', '127.0.0.1'),
    port: reader.integer('PORT', 3000, { min: 0, max: 65_535 }),
    databaseUrl: reader.checked('DATABASE_URL', 'sqlite:data/secure-export.sqlite', checkDatabaseUrl),
    databasePoolSize: reader.integer('DATABASE_POOL_SIZE', 10, { min: 1, max: 1_000 }),
    tenantId: reader.checked('AZURE_AD_TENANT_ID', null, checkGuid).toLowerCase(),
    audiences: reader.list('AZURE_AD_AUDIENCE', null, checkAudience),
    authority: reader
      .checked('AZURE_AD_AUTHORITY', 'https://login.microsoftonline.com', checkAuthority)
      .replace(/\/+$/, ''),
    authorityCa: reader.pemFile('AZURE_AD_CA_FILE'),
    webhookRole:
      env.AZURE_AD_WEBHOOK_ROLE === undefined ? 'ActionGroupsSecureWebhook' : env.AZURE_AD_WEBHOOK_ROLE.trim() || null,
    clockSkewSeconds: reader.integer('AZURE_AD_CLOCK_SKEW_SECONDS', 60, { min: 0, max: 300 }),
    refusedCallsPerMinute: reader.integer('REFUSED_CALLS_PER_MINUTE', 60, { min: 0, max: 1_000_000 }),
    trustedProxies: reader.optionalList('TRUST_PROXY', trustedProxyFault),
    allowedAppIds: reader
      .list('WEBHOOK_ALLOWED_APP_IDS', AZURE_MONITOR_APP_ID, checkGuid)
      .map((id) => id.toLowerCase()),
    spoolDir: env.SPOOL_DIR === undefined ? 'data/spool' : env.SPOOL_DIR.trim() || null,
    spoolMaxBytes: reader.integer('SPOOL_MAX_BYTES', 1_073_741_824, { min: 1_048_576, max: Number.MAX_SAFE_INTEGER }),
    bodyLimitBytes: reader.integer('BODY_LIMIT_BYTES', 1_048_576, { min: 1_024, max: 104_857_600 }),
    alertExpiryHours: reader.expiryHours('ALERT_EXPIRY_HOURS'),
    retentionDays: reader.retentionDays('RETENTION_DAYS'),
    metricsPort: env.METRICS_PORT?.trim() === '' ? null : reader.integer('METRICS_PORT', 9464, { min: 0, max: 65_535 }),
    logLevel: reader.checked('LOG_LEVEL', 'info', (value) =>
      LOG_LEVELS.includes(value) ? null : `must be one of ${LOG_LEVELS.join(', ')}`,
    ),
  };
  reader.throwIfBad();
  return config;
}

/** Returns what is wrong with a value, or null. */
type Check = (value: string) => string | null;

class EnvironmentReader {
  private readonly problems: string[] = [];

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  text(name: string, fallback: string): string {
    return this.env[name]?.trim() || fallback;
  }

  checked(name: string, fallback: string | null, check: Check): string {
    const value = this.env[name]?.trim() || fallback;
    if (value === null) return (this.bad(name, 'is required'), '');
    const problem = check(value);
    if (problem !== null) this.bad(name, problem);
    return value;
  }

  list(name: string, fallback: string | null, check: Check): string[] {
    const values = this.listed(name, this.env[name]?.trim() || fallback, check);
    if (values.length === 0) this.bad(name, 'is required (comma-separated values)');
    return values;
  }

  /** Comma-separated values; none where it is not set. */
  optionalList(name: string, check: Check): string[] {
    return this.listed(name, this.env[name] ?? null, check);
  }

  private listed(name: string, text: string | null, check: Check): string[] {
    const values = (text ?? '')
      .split(',')
      .map((value) => value.trim())
      .filter((value) => value !== '');
    for (const value of values) {
      const problem = check(value);
      if (problem !== null) this.bad(name, `"${value}" ${problem}`);
    }
    return values;
  }

  integer(name: string, fallback: number, range: { min: number; max: number }): number {
    const text = this.env[name]?.trim() || String(fallback);
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= range.min && value <= range.max) return value;
    return (this.bad(name, `must be a whole number from ${range.min} to ${range.max}, not "${text}"`), fallback);
  }

  /** `family=hours` or `family=never`, comma-separated. */
  expiryHours(name: string): ExpiryHours {
    const entries = (this.env[name]?.trim() ?? '').split(',').filter((entry) => entry.trim() !== '');
    return Object.fromEntries(entries.map((entry) => this.expiryEntry(name, entry.trim())));
  }

  private expiryEntry(name: string, entry: string): [family: string, hours: number | null] {
    const [family = '', hours = ''] = entry.split('=').map((part) => part.trim());
    const isHours = /^\d{1,4}$/.test(hours) && Number(hours) >= 1 && Number(hours) <= MAX_EXPIRY_HOURS;
    if (!STATELESS_FAMILIES.some((each) => each === family) || !(isHours || hours === 'never')) {
      const families = STATELESS_FAMILIES.join(', ');
      this.bad(
        name,
        `"${entry}" must be FAMILY=HOURS (1 to ${MAX_EXPIRY_HOURS}) or FAMILY=never, with one of ${families}`,
      );
    }
    return [family, isHours ? Number(hours) : null];
  }

  retentionDays(name: string): RetentionDays {
    const { days, problems } = retentionDaysOf(this.env[name] ?? '');
    for (const problem of problems) this.bad(name, problem);
    return days;
  }

  pemFile(name: string): string | null {
    const path = this.env[name]?.trim();
    if (!path) return null;
    const text = textOfFile(path);
    if (text === null) this.bad(name, `names a file that can not be read: ${path}`);
    else if (!text.includes('-----BEGIN CERTIFICATE-----'))
      this.bad(name, `must name a PEM file with a certificate: ${path}`);
    return text;
  }

  throwIfBad(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }

  private bad(name: string, problem: string): void {
    this.problems.push(`${name} ${problem}`);
  }
}

function textOfFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function checkGuid(value: string): string | null {
  return GUID.test(value) ? null : 'must be a GUID, such as 00001111-aaaa-2222-bbbb-3333cccc4444';
}

function checkAudience(value: string): string | null {
  return /^\S{1,512}$/.test(value) ? null : 'must be an application ID URI (api://…) or a client id';
}

function checkAuthority(value: string): string | null {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== 'https:') return 'must be an https:// URL';
  if (url.username || url.password || url.search || url.hash) return 'must have no user, query or fragment';
  return null;
}

/** Never repeats the value: it may hold a password. */
function checkDatabaseUrl(value: string): string | null {
  if (value.startsWith('sqlite:')) return value.length > 'sqlite:'.length ? null : 'must name a file: sqlite:PATH';
  if (!/^(mysql|mariadb):\/\//.test(value)) return 'must start with sqlite:, mysql:// or mariadb://';
  if (!URL.canParse(value)) return 'must be a URL such as mysql://user:password@host:3306/database';
  const url = new URL(value);
  if (!url.hostname || url.pathname.length < 2)
    return 'must name a host and a database: mysql://user:password@host:3306/database';
  const ssl = url.searchParams.get('ssl');
  return ssl === null || ssl === 'true' || ssl === 'false' ? null : 'takes ssl=true or ssl=false';
}
