import { IngestService } from '../../src/alerts/ingest/ingest.service';
import { newId } from '../../src/common/ids';
import { anAccepted, at } from '../support/alert-builders';
import { ENGINES } from '../support/database';
import { TestApp } from '../support/test-app';
import { TestClock } from '../support/test-clock';

describe.each(ENGINES)('statistics, on %s', (engine) => {
  const clock = new TestClock(at(60));
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ engine, clock });
  });
  afterAll(() => app.stop());

  const stats = (query = ''): Promise<{ status: number; body: Record<string, unknown> }> =>
    app.get(`/api/v1/work-items/stats${query}`);
  const act = (path: string, body: object): Promise<unknown> =>
    app.call('POST', `/api/v1/work-items${path}`, { as: app.token('Manager'), body });

  it('are all zero where there is nothing', async () => {
    expect((await stats()).body).toMatchObject({
      ...{ total: 0, byAssignmentGroup: [], noisiestRules: [], noisiestConfigurationItems: [] },
      byState: { new: 0, in_progress: 0, on_hold: 0, resolved: 0, closed: 0, canceled: 0 },
      byPriority: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 },
      acknowledge: { count: 0, meanSeconds: null },
      resolve: { count: 0, meanSeconds: null },
      duplicates: { alertsFolded: 0, deliveriesRepeated: 0 },
    });
  });

  it('count what one counts by hand', async () => {
    const ingest = app.app.get(IngestService);
    const [one, two] = [`one-${newId()}`, `two-${newId()}`];
    const opened = await ingest.ingest([anAccepted({ episode: 'a', fired: 0, urgency: 2, signature: one })]);
    await ingest.ingest([anAccepted({ episode: 'b', fired: 1, urgency: 2, signature: one })]);
    await ingest.ingest([anAccepted({ episode: 'b', fired: 1, urgency: 2, signature: one })]);
    await ingest.ingest([anAccepted({ episode: 'a', fired: 10, urgency: 3, signature: two })]);
    await ingest.ingest([anAccepted({ episode: 'a', resolved: 20, signature: two })]);
    const { number } = opened[0]!.workItems[0]!;
    await act(`/${number}/transitions`, { to: 'in_progress' });
    await act('/bulk/assignments', { numbers: [number], assignmentGroup: 'dba' });

    expect((await stats()).body).toMatchObject({
      total: 2,
      byState: { new: 0, in_progress: 1, resolved: 1 },
      byPriority: { 3: 1, 4: 1 },
      byAssignmentGroup: [
        { assignmentGroup: null, count: 1 },
        { assignmentGroup: 'dba', count: 1 },
      ],
      acknowledge: { count: 1, meanSeconds: 3_600 },
      resolve: { count: 1, meanSeconds: 600 },
      noisiestRules: [{ alertRule: 'cpu', workItems: 2, alerts: 3 }],
    });
    // Deliveries count by the time of their arrival, which is that of this test.
    const { body } = await stats(`?to=${new Date(Date.now() + 60_000).toISOString()}&from=2026-01-01`);
    expect(body.duplicates).toEqual({ alertsFolded: 1, deliveriesRepeated: 1 });
  });

  it('count the range that is asked for, from its first moment on and before its end', async () => {
    const query = (from: Date, to: Date): string => `?from=${from.toISOString()}&to=${to.toISOString()}`;
    expect((await stats(query(at(0), at(10)))).body).toMatchObject({ total: 1, from: at(0).toISOString() });
    expect((await stats(query(at(1), at(10)))).body).toMatchObject({ total: 0 });
    expect((await stats(query(at(0), new Date(at(10).getTime() + 1)))).body).toMatchObject({ total: 2 });
  });

  it('name the noisiest configuration items', async () => {
    const ci = await app.call('POST', '/api/v1/configuration-items', {
      as: app.token('Operator'),
      body: { name: `ci-${newId()}`, className: 'cmdb_ci_server' },
    });
    await act('', { title: 'by hand', configurationItemIds: [ci.body.id] });
    const { body } = await stats(`?to=${at(61).toISOString()}`);
    expect(body.noisiestConfigurationItems).toEqual([
      { id: ci.body.id, name: ci.body.name, className: 'cmdb_ci_server', workItems: 1, alerts: 0 },
    ]);
  });

  it.each(['?from=soon', '?from=2026-01-02&to=2026-01-01', '?since=2026-01-01'])('refuse %s', async (query) => {
    expect(await stats(query)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});
