import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { WorkItemSearchService } from '../../src/work-items/search/work-item-search.service';
import type { WorkItemDto } from '../../src/work-items/work-item.dto';
import { ENGINES } from '../support/database';
import { TestApp } from '../support/test-app';
import { aSketch, insertSketches, minute } from './search-data';

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")'];
const TEXTS = [...FORMULAS, 'plain', 'comma, quote " and\nnew line', 'carriage\rreturn', 'Ünïcode 💥', "'quoted", ''];
const MANY = 20_000;

describe.each(ENGINES)('the export of work items on %s', (engine) => {
  let app: TestApp;
  let base: string;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    const sketches = TEXTS.map((title, index) =>
      aSketch(index + 1, {
        title,
        assignee: index === 0 ? '=cmd' : null,
        items: index === 7 ? ['vm-1', '=sql'] : [],
        assignmentGroup: 'few',
        resolvedAt: minute(100),
      }),
    );
    await insertSketches(app.app.get(DataSource).manager, sketches);
    await app.app.listen(0, '127.0.0.1');
    base = `http://127.0.0.1:${(app.app.getHttpServer().address() as AddressInfo).port}/api/v1/work-items`;
  });
  afterAll(() => app.stop());

  function ask(query: string, accept?: string): Promise<Response> {
    const headers = { authorization: `Bearer ${app.token('Viewer')}`, ...(accept === undefined ? {} : { accept }) };
    return fetch(`${base}?${query}`, { headers });
  }

  /** An answer whose body is taken by hand. */
  async function open(query: string): Promise<IncomingMessage> {
    const headers = { authorization: `Bearer ${app.token('Viewer')}`, accept: 'text/csv' };
    const [answer] = (await once(httpGet(`${base}?${query}`, { headers, agent: false }), 'response')) as [
      IncomingMessage,
    ];
    return answer;
  }

  async function listed(query: string): Promise<WorkItemDto[]> {
    return ((await (await ask(query)).json()) as { items: WorkItemDto[] }).items;
  }

  it('has in CSV what the list has, in its order', async () => {
    const items = await listed('sort=openedAt');
    const answer = await ask('sort=openedAt&limit=2', 'text/csv');
    const text = await answer.text();
    expect(text.endsWith('\r\n')).toBe(true);
    const [head, ...records] = recordsOf(text);
    const shown = records.map((cells) => Object.fromEntries(head!.map((name, column) => [name, cells[column]])));
    expect(shown.map(({ number }) => number)).toEqual(items.map(({ number }) => number));
    expect(shown.map(({ title }) => title)).toEqual(
      TEXTS.map((title) => (FORMULAS.includes(title) ? `'${title}` : title)),
    );
    expect(shown[0]).toMatchObject({ assignee: `'=cmd`, priority: '3', flapping: 'false', closedAt: '' });
    expect(shown[7]).toMatchObject({
      configurationItems: '=sql; vm-1'.replace('=', `'=`),
      resolvedAt: minute(100).toISOString(),
    });
  });

  it('has in NDJSON what the list has, a line each', async () => {
    const answer = await ask('assignmentGroup=few', 'application/x-ndjson');
    const lines = (await answer.text()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(await listed('assignmentGroup=few'));
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  });

  it('carries the headers of every answer, and a name to be saved under', async () => {
    const { headers, status } = await ask('', 'text/csv');
    expect({ status, ...Object.fromEntries(headers) }).toMatchObject({
      status: 200,
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="work-items.csv"',
      'cache-control': 'no-store',
      vary: 'accept',
      'x-request-id': expect.any(String),
      'x-content-type-options': 'nosniff',
    });
  });

  it('is a line of headings where nothing is found, and begins behind a cursor', async () => {
    expect(recordsOf(await (await ask('assignee=nobody', 'text/csv')).text())).toHaveLength(1);
    expect(await (await ask('assignee=nobody', 'application/x-ndjson')).text()).toBe('');
    const { nextCursor } = (await (await ask('limit=3')).json()) as { nextCursor: string };
    expect(recordsOf(await (await ask(`cursor=${nextCursor}`, 'text/csv')).text())).toHaveLength(1 + TEXTS.length - 3);
  });

  it('answers JSON to those who take anything, and refuses what there is not', async () => {
    for (const accept of ['*/*', 'application/json', 'text/csv;q=0.5, application/json'])
      expect((await ask('', accept)).headers.get('content-type')).toBe('application/json; charset=utf-8');
    const answer = await ask('', 'text/html');
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({
      status: 406,
      body: { code: 'not_acceptable' },
    });
  });

  it('answers what is wrong with the request as it always does', async () => {
    for (const [query, code] of [
      ['cursor=x', 'invalid_cursor'],
      ['state=lost', 'invalid_request'],
    ]) {
      const answer = await ask(String(query), 'text/csv');
      expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status: 400, body: { code } });
    }
    expect((await fetch(base, { headers: { accept: 'text/csv' } })).status).toBe(401);
  });

  describe('of a long list', () => {
    beforeAll(() => {
      // More than a connection takes in unread.
      const description = 'x'.repeat(2_000);
      const sketches = Array.from({ length: MANY }, (_, index) =>
        aSketch(1_000 + index, { assignmentGroup: 'many', signature: null, description }),
      );
      return insertSketches(app.app.get(DataSource).manager, sketches);
    });
    afterEach(() => jest.restoreAllMocks());

    /** Counts the chunks that are read, and may end the reading with an error. */
    function watchChunks(failAfter = Infinity): { read: number; isEnded: boolean } {
      const search = app.app.get(WorkItemSearchService);
      const chunks = search.chunks.bind(search);
      const seen = { read: 0, isEnded: false };
      jest.spyOn(search, 'chunks').mockImplementation(async function* (...args) {
        try {
          for await (const chunk of chunks(...args)) {
            seen.read += 1;
            if (seen.read > failAfter) throw new Error('the disk is on fire');
            yield chunk;
          }
        } finally {
          seen.isEnded = true;
        }
      });
      return seen;
    }

    it('has every work item once', async () => {
      const text = await (await ask('assignmentGroup=many', 'text/csv')).text();
      const numbers = recordsOf(text).map(([number]) => number);
      expect(numbers).toHaveLength(1 + MANY);
      expect(new Set(numbers).size).toBe(1 + MANY);
    });

    it('reads no further than it is taken, and stops when the client goes away', async () => {
      const seen = watchChunks();
      const answer = await open('assignmentGroup=many');
      let held = 0;
      try {
        answer.once('data', () => answer.pause());
        await until(
          () => seen.read > 1 && seen.read === held,
          () => (held = seen.read),
        );
        expect(held).toBeLessThan(MANY / 500 / 2);
      } finally {
        answer.destroy();
      }
      await until(() => seen.isEnded);
      expect(seen.read).toBeLessThanOrEqual(held + 2);
    });

    it('breaks the connection off where it fails, and says so in the log', async () => {
      const seen = watchChunks(3);
      const answer = await ask('assignmentGroup=many', 'text/csv');
      expect(answer.status).toBe(200);
      await expect(answer.text()).rejects.toThrow();
      const isLogged = (line: Record<string, unknown>): boolean =>
        line.msg === 'an export broke off' && line.requestId === answer.headers.get('x-request-id');
      await until(() => app.logLines.some(isLogged));
      expect(seen.isEnded).toBe(true);
    });
  });
});

/** Looks ten times a second, and does something before it looks again. */
async function until(isSo: () => boolean, before: () => unknown = () => undefined): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('It did not happen within ten seconds.');
    before();
    await sleep(100);
  }
}

/** Reads CSV as RFC 4180 has it. */
function recordsOf(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    if (record.length === 0 && quoted === undefined && plain === '' && end === '') break;
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}
