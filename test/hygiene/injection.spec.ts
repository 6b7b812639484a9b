import { connect } from 'node:net';
import { QueryFailedError } from 'typeorm';
import { Metrics } from '../../src/common/operations/metrics';
import { createLogger, NestLogger } from '../../src/common/logging';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

const OPERATORS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")', '＝1+1', '＠x'];
/** ESC [31m, CSI as one sign, line separators, a change of direction. */
const SIGNS = ['\r\nforged', '\u001b[31m', '\u009b31m', '\u0085', '\u2028', '\u2029', '\u202e', '\ufeff'];

describe('injection', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ env: { LOG_LEVEL: 'debug' } });
    await app.app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.stop());

  it('into a spreadsheet: no cell of an export begins like a formula', async () => {
    const as = app.token('Manager');
    for (const text of OPERATORS) {
      // A title is one line, without control characters.
      const texts = { title: text.trim(), description: text, assignmentGroup: text, assignee: text, category: text };
      expect((await app.call('POST', '/api/v1/work-items', { as, body: texts })).status).toBe(201);
      await app.post(
        sample('unknown-service-fired', { alertId: `/f/${text}`, alertRule: text, monitoringService: text }),
      );
    }
    const answer = await app.call<string>('GET', '/api/v1/work-items', { as, headers: { accept: 'text/csv' } });
    const cells = cellsOf(answer.body);
    expect(cells.filter((cell) => cell.startsWith("'"))).not.toEqual([]);
    expect(cells.filter((cell) => /^[=+\-@\t\r＝＋－＠]/.test(cell))).toEqual([]);
    expect(answer.headers['content-disposition']).toBe('attachment; filename="work-items.csv"');
  });

  it.each(SIGNS)('into a log line: %j is written as an escape', (sign) => {
    let text = '';
    const logger = createLogger('debug', { write: (line: string) => void (text += line) });
    const nest = new NestLogger(logger);
    nest.error(`one ${sign}`);
    nest.warn({ msg: sign, err: Object.assign(new Error(sign), { code: sign }), path: sign });
    nest.error(new Error(`many\nlines ${sign}`));
    expect(text.endsWith('}\n')).toBe(true);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(() => JSON.parse(line) as unknown).not.toThrow();
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e\ufeff]/u);
    }
    expect(JSON.parse(lines[0] as string)).toMatchObject({ msg: `one ${sign}` });
  });

  it('into a log line: an error that quotes a value has it taken out, also where it has several lines', () => {
    let text = '';
    const logger = createLogger('debug', { write: (line: string) => void (text += line) });
    const error = new Error(
      `Duplicate entry 'jo@corp.example\n?sig=abc&password=hunter2\nBearer abcdefgh1234' for key`,
    );
    new NestLogger(logger).error({ msg: 'x', err: error });
    expect(text).not.toMatch(/corp\.example|hunter2|abcdefgh1234|sig=abc/);
    expect(text).toContain('injection.spec');
  });

  it.each([
    ["Duplicate entry 'it's s3cret' for key 'ux_alerts'", 'ER_DUP_ENTRY', "Duplicate entry '…' for key 'ux_alerts'"],
    ["Truncated incorrect DOUBLE value: 's3cret\n    at s3cret'", 'ER_X', "Truncated incorrect DOUBLE value: '…'"],
    ['near "s3cret": syntax error', 'SQLITE_ERROR', 'near "…": syntax error'],
  ])('into a log line: what a database quotes of %j stays out, and its code and its names stay', (said, code, told) => {
    const driverError = Object.assign(new Error(said), { code });
    const failed = new QueryFailedError('INSERT INTO alerts VALUES (?)', ['s3cret'], driverError);
    for (const err of [driverError, failed]) {
      let text = '';
      const nest = new NestLogger(createLogger('debug', { write: (line: string) => void (text += line) }));
      nest.error({ msg: 'x', err });
      nest.error(err);
      expect(text).not.toContain('s3cret');
      for (const line of text.trimEnd().split('\n'))
        expect(JSON.parse(line)).toMatchObject({ err: { message: told, code, stack: expect.stringContaining('at ') } });
    }
  });

  it('into a log line: what our own code says is left whole', () => {
    let text = '';
    const nest = new NestLogger(createLogger('debug', { write: (line: string) => void (text += line) }));
    nest.error({ msg: 'x', err: new Error("the rule 'db team' can't be read") });
    expect(text).toContain("the rule 'db team' can't be read");
  });

  it.each([
    ['a request id', 'X-Request-Id: a\u0085b'],
    ['a request id of two lines', 'X-Request-Id: a\r\n b: c'],
    ['a request id in quotes', 'X-Request-Id: "a"; Set-Cookie: b=c'],
    ['an address', 'X-Forwarded-For: 1.1.1.1\u009b31m'],
  ])('into a header: %s is not given back', async (_, header) => {
    const answer = await raw(`GET /api/v1/work-items HTTP/1.1\r\nHost: x\r\n${header}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/i);
    expect(answer).not.toMatch(/set-cookie|\r\n b: c|\r\nb: c/i);
  });

  it.each(['%0d%0aSet-Cookie:%20a=b', '%0aX: y', '%e2%80%a8', '%00', '..%2f..%2f', '%22%3E%3Cscript%3E'])(
    'into a header or an answer: a work item %s leads nowhere else',
    async (part) => {
      const answer = await app.call('PATCH', `/api/v1/work-items/${part}`, {
        as: app.token('Operator'),
        body: { title: 'x' },
        headers: { 'if-match': '*' },
      });
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    },
  );

  it('into a location: it is built of what the service itself has made', async () => {
    const body = { name: 'x\r\nSet-Cookie: a=b', className: 'cmdb_ci_server' };
    const made = await app.call('POST', '/api/v1/configuration-items', { as: app.token('Operator'), body });
    expect(made.status).toBe(201);
    expect(String(made.headers.location)).toMatch(/^\/api\/v1\/configuration-items\/[0-9a-f-]{36}$/);
    expect(made.headers.etag).toBe('"1"');
  });

  it('into a metric: what a caller makes up is no label', async () => {
    for (const path of ['/api/v1/made-up-1', '/made-up-2', '/api/v1/work-items/made-up-3']) await app.get(path);
    expect(await app.app.get(Metrics).render()).not.toContain('made-up');
  });

  async function raw(text: string): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(await app.app.getUrl()).port) });
    socket.write(text, 'latin1');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }
});

/** RFC 4180; the cells as a spreadsheet gets them. */
function cellsOf(text: string): string[] {
  const cells = text.match(/("(?:[^"]|"")*"|[^,\r\n"]*)(?=,|\r\n|$)/g) ?? [];
  return cells.map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
