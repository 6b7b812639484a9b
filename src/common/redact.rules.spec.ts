import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { redactEmails, redactSecrets } from './redact-text.rules';
import { redact, redactSecretsIn } from './redact.rules';
import { cpuMsSince } from '../../test/support/cpu-time';

const SAMPLES = join(__dirname, '../../test/fixtures/azure-monitor');

const SAMPLE_BODIES = ['.', 'legacy'].flatMap((folder) =>
  readdirSync(join(SAMPLES, folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file, JSON.parse(readFileSync(join(SAMPLES, folder, file), 'utf8')) as unknown] as const),
);

/** As a JWT looks; not one. */
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';

describe('redact', () => {
  it.each([
    ['claims', '{"name":"Jo"}'],
    ['caller', '22223333-cccc-4444-dddd-5555eeee6666'],
    ['httpRequest', { clientIpAddress: '10.0.0.1' }],
    ['BudgetCreator', 'Jo'],
    ['Authorization', 'Bearer abc'],
    ['password', 'hunter2'],
    ['ACCESS_TOKEN', 'x'],
    ['clientSecret', 'x'],
    ['connectionString', 'x'],
    ['db-password', 'x'],
    ['Storage Connection String', 'x'],
    ['SAS_TOKEN', 'x'],
    ['x-api-key', 12_345],
    ['clientIpAddress', '10.0.0.1'],
  ])('takes out %s whatever it holds', (key, value) => {
    expect(redact({ a: [{ [key]: value, b: 1 }] })).toEqual({ a: [{ [key]: '[redacted]', b: 1 }] });
  });

  it.each(['claims', 'caller', 'httpRequest', 'token'])('leaves an absent %s absent', (key) => {
    expect(redact({ [key]: null })).toEqual({ [key]: null });
    expect(redact({ [key]: '' })).toEqual({ [key]: '' });
  });

  it('keeps what an operation was done to, but not who was allowed to', () => {
    const authorization = { action: 'restart', scope: '/subscriptions/s/vm', evidence: { principalId: 'p' } };
    expect(redact({ authorization })).toEqual({ authorization: { ...authorization, evidence: '[redacted]' } });
  });

  it('keeps an address that names the thing which alerts, and takes out any other', () => {
    const address = 'jo@corp.example';
    const body = { dimensions: [{ name: 'Mailbox', value: address }], labels: { user: address }, description: address };
    expect(redact(body)).toEqual({ ...body, description: '[redacted]' });
  });

  it('takes the value of a pair whose name says that it is a secret', () => {
    expect(redact([{ name: 'AdminPassword', value: 'x' }])).toEqual([{ name: 'AdminPassword', value: '[redacted]' }]);
    const dimensions = [{ name: 'ContinuationToken', value: 'x' }];
    expect(redact({ dimensions })).toEqual({ dimensions });
  });

  it.each(['caller', 'CallerIpAddress', 'ClientIPAddress', 'client_ip_address', 'secret', 'Token'])(
    'keeps %s where it says which thing alerts',
    (name) => {
      const body = { dimensions: [{ name, value: '10.0.0.1' }], labels: { [name]: 'tls-a' } };
      expect(redact(body)).toBe(body);
    },
  );

  it('takes a token out of what people add, and of JSON in a text, whatever that is called', () => {
    const labels = { token: 'x' };
    const clean = { token: '[redacted]' };
    expect(redact({ customProperties: { labels } })).toEqual({ customProperties: { labels: clean } });
    expect(redact({ labels: JSON.stringify(labels) })).toEqual({ labels: JSON.stringify(clean) });
    expect(redact({ labels: { nested: labels } })).toEqual({ labels: { nested: clean } });
  });

  it.each(['password', 'pwd', 'claims', 'httpRequest'])('takes out %s there all the same', (name) => {
    const body = { dimensions: [{ name, value: 'x' }], labels: { [name]: 'x' } };
    const clean = { dimensions: [{ name, value: '[redacted]' }], labels: { [name]: '[redacted]' } };
    expect(redact(body)).toEqual(clean);
  });

  it.each(['alertId', 'originAlertId', 'alertRule', 'alertRuleID', 'alertTargetIDs'])(
    'leaves the words in %s alone, and takes out what can be nothing but a secret',
    (key) => {
      const names = {
        essentials: { [key]: 's_rg_Missing bearer token_-1234567, Authorization: refused of jo@corp.example' },
      };
      expect(redact(names)).toBe(names);
      const secrets = [`a ${TOKEN}`, 'https://jo:pw@host/?sig=abc', 'Password=x'];
      const clean = ['a [redacted]', 'https://[redacted]@host/?sig=[redacted]', 'Password=[redacted]'];
      expect(redact({ essentials: { [key]: secrets } })).toEqual({ essentials: { [key]: clean } });
      expect(redact({ customProperties: { [key]: 'Authorization: Basic dXNlcg' } })).toEqual({
        customProperties: { [key]: 'Authorization: [redacted]' },
      });
    },
  );

  it('takes it out of JSON that stands in a text', () => {
    const event = { claims: { name: 'Jo' }, level: 4, httpRequest: { clientIpAddress: '10.0.0.1' } };
    const clean = { claims: '[redacted]', level: 4, httpRequest: '[redacted]' };
    const text = JSON.stringify({ inner: JSON.stringify([event]) });
    expect(redact({ eventData: text })).toEqual({ eventData: JSON.stringify({ inner: JSON.stringify([clean]) }) });
    const harmless = '{ "key" : 1e3 }';
    expect(redact({ harmless })).toEqual({ harmless });
  });

  it('takes it out of the names of members, and keeps every value', () => {
    expect(redact({ 'jo@corp.example': 1, 'ann@corp.example': 2, '[redacted] 2': 3 })).toEqual({
      '[redacted]': 1,
      '[redacted] 3': 2,
      '[redacted] 2': 3,
    });
  });

  it('keeps addresses of what people look after, where it is asked to', () => {
    const tags = { owner: 'jo@corp.example', 'sql-password': 'x', url: 'https://x/?sig=abc' };
    expect(redactSecretsIn({ tags })).toEqual({
      tags: { owner: 'jo@corp.example', 'sql-password': '[redacted]', url: 'https://x/?sig=[redacted]' },
    });
  });

  it('takes secrets out of names of things all the same', () => {
    expect(redact({ dimensions: [{ name: 'url', value: 'https://x/?sig=abc' }] })).toEqual({
      dimensions: [{ name: 'url', value: 'https://x/?sig=[redacted]' }],
    });
  });

  it.each(SAMPLE_BODIES)('is idempotent and changes no argument: %s', (_, body) => {
    const before = JSON.stringify(body);
    const once = redact(body);
    expect(redact(once)).toBe(once);
    expect(JSON.stringify(body)).toBe(before);
    expect(JSON.stringify(once)).not.toMatch(/email@domain\.com|test@sample\.test|clientIpAddress/);
  });

  it('returns the very value where nothing is to redact', () => {
    const body = { a: [{ b: 'x', c: [1, null, true] }], text: 'https://portal.azure.com/#@tenant/blade?x=1&y=2' };
    expect(redact(body)).toBe(body);
  });

  it('copies only the way to what it redacts', () => {
    const kept = { deep: [1] };
    const body = { kept, list: [kept, { caller: 'x' }] };
    const clean = redact(body);
    expect(clean.kept).toBe(kept);
    expect(clean.list[0]).toBe(kept);
    expect(clean).not.toBe(body);
  });

  it('takes __proto__ for the ordinary member that it is in JSON', () => {
    const body = JSON.parse('{"__proto__":{"caller":"x","y":1},"caller":"z"}') as object;
    const clean = redact(body);
    expect(JSON.stringify(clean)).toBe('{"__proto__":{"caller":"[redacted]","y":1},"caller":"[redacted]"}');
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
  });

  it('makes whatever is nested too deeply fit to be written again', () => {
    const body: unknown = JSON.parse(`${'{"a":['.repeat(100_000)}"x@corp.example"${']}'.repeat(100_000)}`);
    const text = JSON.stringify(redact(body));
    expect(text).toContain('[nested too deeply]');
    expect(text).not.toContain('corp.example');
  });
});

describe('redactSecrets', () => {
  it.each([
    ['https://a.blob/x?sv=2020&sig=abc%2Bd%3D&se=1', 'https://a.blob/x?sv=2020&sig=[redacted]&se=1'],
    ['https://f.example/api?code=Abc==', 'https://f.example/api?code=[redacted]'],
    ['https://x/?ACCESS_TOKEN=abc#f', 'https://x/?ACCESS_TOKEN=[redacted]#f'],
    ['next=https%3A%2F%2Fx%3Fsig%3Dabc%26se%3D1', 'next=https%3A%2F%2Fx%3Fsig%3D[redacted]%26se%3D1'],
    ['https://jo:pw@host/x', 'https://[redacted]@host/x'],
    [
      'Endpoint=sb://x/;SharedAccessKey=abc/d+e=;EntityPath=q',
      'Endpoint=sb://x/;SharedAccessKey=[redacted];EntityPath=q',
    ],
    ['Server=db;Password=hunter2;', 'Server=db;Password=[redacted];'],
    ['{"clientSecret":"abc","x":1}', '{"clientSecret":"[redacted]","x":1}'],
    ['{\\"password\\": \\"abc\\"}', '{\\"password\\": \\"[redacted]\\"}'],
    ['Authorization: Basic abc123==', 'Authorization: [redacted]'],
    ['sent bearer abcdefgh.ijk', 'sent bearer [redacted]'],
    [`got ${TOKEN}.`, 'got [redacted].'],
  ])('makes %j %j, and leaves that', (text, expected) => {
    expect(redactSecrets(text)).toBe(expected);
    expect(redactSecrets(expected)).toBe(expected);
  });

  it.each([
    'requests | where resultCode == "500" and key == "x"',
    'Perf | where CounterName == "% Processor Time" // code=5',
    '10000000-0000-4000-8000-0000000000a2_rg_microsoft.insights_metricAlerts_Error_-2081934275',
    'The token endpoint failed; bearer of bad news',
    'https://portal.azure.com/#view/x/alertId/%2fsubscriptions%2f1?subscriptionId=1',
  ])('leaves %j alone', (text) => {
    expect(redactSecrets(text)).toBe(text);
  });
});

describe('redactEmails', () => {
  it.each([
    ['mail jo.doe+x@corp.example now', 'mail [redacted] now'],
    ['a@b.example,c@d.example', '[redacted],[redacted]'],
    ['<jörg@münchen.example>', '<[redacted]>'],
    ['user=jo%40corp.example&x', 'user=[redacted]&x'],
    ['"jo@corp.co.uk"', '"[redacted]"'],
  ])('makes %j %j', (text, expected) => {
    expect(redactEmails(text)).toBe(expected);
    expect(redactEmails(expected)).toBe(expected);
  });

  it.each(['https://portal.azure.com#@0000-1111/blade', 'image@sha256:abc', 'root@localhost', 'x @ y.z', '@@@'])(
    'leaves %j alone',
    (text) => expect(redactEmails(text)).toBe(text),
  );
});

describe('a planted secret', () => {
  const address = fc.tuple(fc.stringMatching(/^[a-z][a-z0-9._]{0,20}$/), fc.stringMatching(/^[a-z]{2,9}\.[a-z]{2,4}$/));
  const anywhere = fc.oneof(
    fc.tuple(fc.string(), fc.string()).map(([before, after]) => ({ before: `${before} `, after: ` ${after}` })),
    fc.constantFrom({ before: '', after: '' }, { before: '{"x":"', after: '"}' }, { before: '<', after: '>' }),
  );
  const place = fc.array(fc.constantFrom('data', 'alertContext', 'properties', 'list', '__proto__'), { maxLength: 8 });

  function planted(path: readonly string[], leaf: string, around: unknown): unknown {
    return path.reduceRight<unknown>(
      (inner, key) =>
        key === 'list'
          ? [around, inner]
          : Object.fromEntries([
              ['other', around],
              [key, inner],
            ]),
      leaf,
    );
  }

  it('such as an e-mail address never survives', () => {
    fc.assert(
      fc.property(place, address, anywhere, fc.jsonValue({ maxDepth: 2 }), (path, [local, domain], text, around) => {
        const leaf = `${text.before}${local}@${domain}${text.after}`;
        expect(JSON.stringify(redact(planted(path, leaf, around)))).not.toContain(`${local}@${domain}`);
      }),
    );
  });

  it('in a URL, a header or a connection string never survives', () => {
    const form = fc.constantFrom(
      'https://x/?a=1&sig=',
      'https://x/?code=',
      'Authorization: Bearer ',
      'Password=',
      '?token=',
    );
    const secret = fc.stringMatching(/^S3[a-zA-Z0-9._-]{10,40}S3$/);
    fc.assert(
      fc.property(place, form, secret, fc.jsonValue({ maxDepth: 2 }), (path, prefix, value, around) => {
        expect(JSON.stringify(redact(planted(path, `see ${prefix}${value}`, around)))).not.toContain(value);
      }),
    );
  });

  it('or none at all: it is idempotent and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const once = redact(body);
        expect(redact(once)).toEqual(once);
      }),
    );
  });
});

describe('a megabyte made to be slow', () => {
  it.each([
    'a@',
    '@',
    'a',
    '%40',
    'eyJaaaaaaaa-',
    'eyJa.',
    '://a:',
    'bearer ',
    '&sig=',
    'password=',
    'authorization: ',
    'a.',
    '["',
    '{"token" ',
  ])('of %j is redacted in good time', (piece) => {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
    const start = process.cpuUsage();
    redact({ text, more: `${text}@` });
    expect(cpuMsSince(start)).toBeLessThan(9_000);
  });
});
