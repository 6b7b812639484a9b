import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AZURE_MONITOR_APP_ID, ConfigError, readConfig } from './config';
import { DEFAULT_RETENTION_DAYS } from './retention/retention-days.rules';

const required = { AZURE_AD_TENANT_ID: 'AAAABBBB-0000-cccc-1111-dddd2222eeee', AZURE_AD_AUDIENCE: 'api://x' };

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('needs the tenant and the audience only', () => {
    expect(readConfig(required)).toEqual({
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: 'sqlite:data/secure-export.sqlite',
      databasePoolSize: 10,
      tenantId: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
      audiences: ['api://x'],
      authority: 'https://login.microsoftonline.com',
      authorityCa: null,
      webhookRole: 'ActionGroupsSecureWebhook',
      clockSkewSeconds: 60,
      refusedCallsPerMinute: 60,
      trustedProxies: [],
      allowedAppIds: [AZURE_MONITOR_APP_ID],
      spoolDir: 'data/spool',
      spoolMaxBytes: 1_073_741_824,
      bodyLimitBytes: 1_048_576,
      alertExpiryHours: {},
      retentionDays: DEFAULT_RETENTION_DAYS,
      metricsPort: 9464,
      logLevel: 'info',
    });
  });

  it('names everything that is missing at once', () => {
    expect(problemsOf({})).toEqual([
      'AZURE_AD_TENANT_ID is required',
      expect.stringContaining('AZURE_AD_AUDIENCE is required'),
    ]);
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '3e3'],
    ['DATABASE_URL', 'postgres://h/d'],
    ['DATABASE_URL', 'mysql://h'],
    ['DATABASE_URL', 'sqlite:'],
    ['DATABASE_URL', 'mysql://h/d?ssl=maybe'],
    ['DATABASE_POOL_SIZE', '0'],
    ['AZURE_AD_TENANT_ID', 'contoso.onmicrosoft.com'],
    ['AZURE_AD_AUTHORITY', 'http://login.microsoftonline.com'],
    ['AZURE_AD_AUTHORITY', 'https://u:p@login.microsoftonline.com'],
    ['AZURE_AD_CA_FILE', '/no/such/file.pem'],
    ['AZURE_AD_CA_FILE', tmpdir()],
    ['AZURE_AD_CLOCK_SKEW_SECONDS', '301'],
    ['WEBHOOK_ALLOWED_APP_IDS', 'someone'],
    ['REFUSED_CALLS_PER_MINUTE', '-1'],
    ['REFUSED_CALLS_PER_MINUTE', 'off'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '10.0.0.7, 0.0.0.0/0'],
    ['SPOOL_MAX_BYTES', '1'],
    ['BODY_LIMIT_BYTES', '1 MB'],
    ['ALERT_EXPIRY_HOURS', '24'],
    ['ALERT_EXPIRY_HOURS', 'metric=24'],
    ['ALERT_EXPIRY_HOURS', 'cost=0'],
    ['ALERT_EXPIRY_HOURS', 'cost=soon'],
    ['RETENTION_DAYS', 'alerts'],
    ['RETENTION_DAYS', 'alerts=30'],
    ['METRICS_PORT', 'x'],
    ['LOG_LEVEL', 'loud'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(problemsOf({ ...required, [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} `))]);
  });

  it('tells an empty value that means something from one that is not set', () => {
    const config = readConfig({
      ...required,
      SPOOL_DIR: '',
      AZURE_AD_WEBHOOK_ROLE: '',
      METRICS_PORT: '',
      PORT: '',
      HOST: '',
    });
    expect(config).toMatchObject({
      spoolDir: null,
      webhookRole: null,
      metricsPort: null,
      port: 3000,
      host: '127.0.0.1',
    });
  });

  it('takes hours of silence by family', () => {
    const config = readConfig({ ...required, ALERT_EXPIRY_HOURS: 'cost=720, activity-log = 12,service-health=never' });
    expect(config.alertExpiryHours).toEqual({ cost: 720, 'activity-log': 12, 'service-health': null });
  });

  it('takes days of retention by class', () => {
    const { retentionDays } = readConfig({ ...required, RETENTION_DAYS: 'delivery-bodies=7, audit-events=never' });
    expect(retentionDays).toEqual({ ...DEFAULT_RETENTION_DAYS, 'delivery-bodies': 7, 'audit-events': null });
  });

  it('takes no limit of refused calls, and several proxies', () => {
    const config = readConfig({ ...required, REFUSED_CALLS_PER_MINUTE: '0', TRUST_PROXY: ' 10.0.0.7, fd00::/8,' });
    expect(config).toMatchObject({ refusedCallsPerMinute: 0, trustedProxies: ['10.0.0.7', 'fd00::/8'] });
  });

  it('never repeats a database password', () => {
    expect(problemsOf({ ...required, DATABASE_URL: 'oracle://user:secret@h/d' }).join()).not.toContain('secret');
  });

  it('reads a CA from its file, and refuses a file that holds none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    const [good, bad] = [join(folder, 'ca.pem'), join(folder, 'key.pem')];
    writeFileSync(good, '-----BEGIN CERTIFICATE-----\n…');
    writeFileSync(bad, '-----BEGIN PRIVATE KEY-----\n…');
    expect(readConfig({ ...required, AZURE_AD_CA_FILE: good }).authorityCa).toContain('CERTIFICATE');
    expect(problemsOf({ ...required, AZURE_AD_CA_FILE: bad })).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });
});
