import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { IngestQueue } from '../../src/alerts/ingest/ingest-queue';
import { IngestService, type IngestResult } from '../../src/alerts/ingest/ingest.service';
import { newId } from '../../src/common/ids';
import { Transactions } from '../../src/common/transactions';
import { anAccepted, type AlertSketch } from '../support/alert-builders';
import { ENGINES } from '../support/database';
import { closedGate } from '../support/gate';
import { SAMPLES, sample } from '../support/samples';
import { TestApp } from '../support/test-app';

/** Comes between the queue of an instance and each of its transactions, with the signatures that this one is of. */
function watchIngest(
  { app }: TestApp,
  watch: (signatures: string[], run: () => Promise<IngestResult[]>) => Promise<IngestResult[]>,
): jest.SpyInstance {
  const service = app.get(IngestService);
  const run = service.ingest.bind(service);
  return jest.spyOn(service, 'ingest').mockImplementation((deliveries, ids) => {
    const accepted = deliveries.filter((each) => each.kind === 'accepted');
    const signatures = new Set(accepted.map(({ alert }) => alert.signature));
    return watch([...signatures], () => run(deliveries, ids));
  });
}

describe.each(ENGINES)('the queue before the database, on %s', (engine) => {
  let app: TestApp;
  let queue: IngestQueue;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    queue = app.app.get(IngestQueue);
  });
  afterAll(() => app.stop());

  it('parks a delivery that the pipeline fails on, and takes its neighbours of the same batch', async () => {
    const deliveries = Array.from({ length: 9 }, (_, index) =>
      anAccepted({ episode: `e${index}`, fired: 1, signature: `neighbour-${index}` }),
    );
    const poison = anAccepted({ episode: 'poison', fired: 1 });
    poison.alert.monitoringService = null as never;
    const results = await Promise.all(
      [...deliveries.slice(0, 4), poison, ...deliveries.slice(4)].map((delivery) => queue.submit(delivery)),
    );
    expect(results.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(4).fill('created'),
      'parked',
      ...Array<string>(5).fill('created'),
    ]);
    const parked = await app.get(`/api/v1/admin/deliveries/${poison.id}`, 'Admin');
    expect(parked.body).toMatchObject({ status: 'parked', code: 'pipeline_failed' });
    const reports = app.logLines.filter(({ level, deliveryId }) => level === 'error' && deliveryId === poison.id);
    expect(reports).toHaveLength(1);
    expect(JSON.stringify(reports)).not.toContain('cpu on poison');
  });

  it('shares one transaction among what came while another was under way', async () => {
    const ingest = jest.spyOn(app.app.get(IngestService), 'ingest');
    const signature = `shared-${newId()}`;
    const results = await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        queue.submit(anAccepted({ episode: `e${index}`, fired: index, signature })),
      ),
    );
    expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    expect(ingest.mock.calls.length).toBeLessThanOrEqual(3);
    ingest.mockRestore();
  });

  it('has two transactions under way where the engine can, of different signatures', async () => {
    const [one, other] = [`lane-${newId()}`, `lane-${newId()}`];
    const gate = closedGate();
    const begun: string[][] = [];
    const ingest = watchIngest(app, async (signatures, run) => {
      begun.push(signatures);
      await gate.opened;
      return run();
    });
    const { isSerial } = app.app.get(Transactions);
    const untilBegun = async (count: number): Promise<void> => {
      for (let turn = 0; begun.length < count && turn < 5_000; turn += 1) await sleep(1);
    };
    try {
      const sent = [queue.submit(anAccepted({ episode: 'first', fired: 1, signature: one }))];
      await untilBegun(1);
      for (const signature of [one, other]) {
        sent.push(queue.submit(anAccepted({ episode: 'next', fired: 2, signature })));
      }
      await untilBegun(isSerial ? 1 : 2);
      await sleep(20);
      expect(begun).toEqual(isSerial ? [[one]] : [[one], [other]]);
      gate.open();
      expect((await Promise.all(sent)).map(({ outcome }) => outcome)).toEqual(['created', 'updated', 'created']);
    } finally {
      gate.open();
      ingest.mockRestore();
    }
  });

  it('never has two transactions of one signature under way', async () => {
    const under = new Set<string>();
    const both: string[] = [];
    const ingest = watchIngest(app, async (signatures, run) => {
      both.push(...signatures.filter((signature) => under.has(signature)));
      for (const signature of signatures) under.add(signature);
      try {
        return await run();
      } finally {
        for (const signature of signatures) under.delete(signature);
      }
    });
    const names = Array.from({ length: 30 }, () => `lane-${newId()}`);
    const sent = Array.from({ length: 60 }, async (_, index) => {
      for (let round = 0; round < 4; round += 1) {
        const sketch = {
          episode: `e${index}-${round}`,
          fired: round,
          signature: names[(index + round) % names.length],
        };
        expect((await queue.submit(anAccepted(sketch))).outcome).toMatch(/^(created|updated)$/);
        await sleep(index % 7);
      }
    });
    await Promise.all(sent);
    ingest.mockRestore();
    expect(both).toEqual([]);
  });

  it('keeps a stop waiting until nothing waits any more', async () => {
    const own = await TestApp.start({ engine });
    try {
      const stopping = own.app.get(IngestQueue);
      const gate = closedGate();
      const begun = watchIngest(own, async (_signatures, run) => {
        await gate.opened;
        return run();
      });
      const sent = Array.from({ length: 600 }, (_, index) =>
        stopping.submit(anAccepted({ episode: `e${index}`, fired: 1, signature: `stop-${index}` })),
      );
      while (begun.mock.calls.length === 0) await sleep(1);
      expect(stopping.depth).toBeGreaterThan(0);
      const stopped = own.app.close();
      expect(await Promise.race([stopped.then(() => 'stopped'), sleep(50, 'waits')])).toBe('waits');
      gate.open();
      await stopped;
      expect(stopping.depth).toBe(0);
      const results = await Promise.all(sent);
      expect(results.filter(({ outcome }) => outcome !== 'created')).toEqual([]);
    } finally {
      await own.stop();
    }
  });

  it('tells each of two alerts in one batch its own work item', async () => {
    const [one, other] = await Promise.all(
      ['a', 'b'].map((id) => queue.submit(anAccepted({ episode: id, fired: 1, signature: `own-${id}` }))),
    );
    expect(one?.workItems[0]?.number).toBeDefined();
    expect(one?.workItems[0]?.number).not.toBe(other?.workItems[0]?.number);
  });

  it('opens two work items for one signature in one batch when the reopen window lies between', async () => {
    const story = [{ fired: 0 }, { resolved: 5 }].map((step) =>
      anAccepted({ episode: 'a', signature: 'window', ...step }),
    );
    const results = await Promise.all(
      [...story, anAccepted({ episode: 'b', fired: 300, signature: 'window' })].map((delivery) =>
        queue.submit(delivery),
      ),
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'resolved', 'created']);
    const [first, , second] = results.map(({ workItems }) => workItems[0]?.number as string);
    expect((await app.get(`/api/v1/work-items/${second}`)).body).toMatchObject({
      state: 'new',
      previousWorkItem: first,
    });
    expect((await app.get(`/api/v1/work-items/${first}`)).body).toMatchObject({ state: 'resolved' });
  });

  it('takes values that are longer than their columns, and keeps them whole in the alert', async () => {
    const long = 'x'.repeat(3_000);
    const payload = sample('unknown-service-fired', {
      alertId: `/long/${long}`,
      alertRule: long,
      severity: long,
      signalType: long,
      monitoringService: long,
      description: long,
    });
    const { status, body } = await app.post(payload);
    expect(status).toBe(200);
    const alert = await app.get(`/api/v1/alerts/${String(body.alertId)}`);
    expect(alert.body).toMatchObject({ alertId: `/long/${long}`, description: long });
  });

  it('keeps every character that Unicode has', async () => {
    const text = 'naïve 日本語 🔥 \u0000 \u202e end';
    const { body } = await app.post(sample('unknown-service-fired', { alertId: '/unicode', description: text }));
    expect((await app.get(`/api/v1/alerts/${String(body.alertId)}`)).body.description).toBe(text);
  });

  it('takes halves of characters, which no database stores, without harm to the neighbours', async () => {
    const broken = (id: string): string =>
      JSON.stringify(sample('unknown-service-fired', { alertId: id, configurationItems: ['A-', 'B-'] }))
        .replace('"A-"', '"\\ud800"')
        .replace('"B-"', '"x\\udc01"');
    const sound = sample('unknown-service-fired', { alertId: '/sound', alertRule: 'sound' });
    const answers = await Promise.all([
      ...['/broken/1', '/broken/2'].map((id) =>
        app.call('POST', '/api/v1/webhooks/azure-monitor', { as: app.azureToken(), body: broken(id) }),
      ),
      app.post(sound),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const again = await app.call('POST', '/api/v1/webhooks/azure-monitor', {
      as: app.azureToken(),
      body: broken('/broken/3'),
    });
    expect(again.status).toBe(200);
  });

  it('resolves a work item whose Resolved is a little older than its Fired', async () => {
    const skewed = { alertId: '/skew', originAlertId: 'skew', firedDateTime: '2026-01-01T03:00:05Z' };
    await app.post(sample('platform-metric-static-cpu-fired', skewed));
    const resolved = await app.post(
      sample('platform-metric-static-cpu-resolved', { ...skewed, resolvedDateTime: '2026-01-01T03:00:03Z' }),
    );
    expect(resolved.body).toMatchObject({ outcome: 'resolved' });
  });

  it('ends six hundred alerts of a resource at once', async () => {
    const ingest = app.app.get(IngestService);
    const signature = `six-hundred-${engine}`;
    for (let start = 0; start < 600; start += 200) {
      await ingest.ingest(
        Array.from({ length: 200 }, (_, index) => anAccepted({ episode: `e${start + index}`, fired: 1, signature })),
      );
    }
    const [result] = await ingest.ingest([
      anAccepted({ episode: 'healthy', resolved: 5, endsSignature: true, signature }),
    ]);
    expect(result).toMatchObject({ outcome: 'resolved', workItems: [{ state: 'resolved' }] });
  });

  it("gives each kind of alert that the portal's Test button sends a work item of its own", async () => {
    const tests = SAMPLES.filter((name) => name.includes('test-action'));
    const numbers: string[] = [];
    for (const name of tests) {
      const { body } = await app.post<{ workItems: { number: string }[] }>(sample(name));
      numbers.push(...body.workItems.map(({ number }) => number));
    }
    for (const number of new Set(numbers)) {
      const alerts = await app.get<{ items: { condition: string }[] }>(`/api/v1/work-items/${number}/alerts`);
      expect(alerts.body.items.length).toBeGreaterThan(0);
      const fires = alerts.body.items.some(({ condition }) => condition === 'fired');
      expect((await app.get(`/api/v1/work-items/${number}`)).body.state).toBe(fires ? 'new' : 'resolved');
    }
  });

  it('leaves a closed work item as it is, whatever comes late', async () => {
    const { body } = await app.post<{ workItems: { number: string }[] }>(
      sample('unknown-service-fired', { alertId: '/final', alertRule: 'final', firedDateTime: '2026-01-01T05:00:00Z' }),
    );
    const number = body.workItems[0]?.number as string;
    await app.app.get(DataSource).query(`UPDATE work_items SET state = 'closed' WHERE id = ${Number(number.slice(3))}`);
    const before = await app.get(`/api/v1/work-items/${number}`);
    const late = await app.post(
      sample('unknown-service-fired', {
        alertId: '/final',
        alertRule: 'final',
        firedDateTime: '2026-01-01T04:00:00Z',
        severity: 'Sev0',
      }),
    );
    expect(late.body).toMatchObject({ outcome: 'stale' });
    expect((await app.get(`/api/v1/work-items/${number}`)).body).toEqual(before.body);
  });

  it('takes one id for two kinds of alert, though nothing else tells the deliveries apart', async () => {
    const bare = { alertId: '/two/kinds', alertRule: 'two kinds', firedDateTime: null };
    expect((await app.post(sample('unknown-service-fired', bare))).body.outcome).toBe('created');
    const health = await app.post(sample('service-health-maintenance-planned-fired', bare));
    expect(health).toMatchObject({ status: 200, body: { outcome: 'created' } });
    expect((await app.post(sample('service-health-maintenance-planned-fired', bare))).body.outcome).toBe('duplicate');
  });

  it.each([
    ['one', 'other'],
    ['other', 'one'],
  ])('ends the alert of the signature that a Resolved has, where %s fired before %s', async (first, second) => {
    const sharedId = newId();
    const ingest = app.app.get(IngestService);
    const sketch = (name: string): AlertSketch => ({ episode: 'e', sharedId, signature: `${name}-${sharedId}` });
    const fires = await ingest.ingest([
      anAccepted({ ...sketch(first), fired: 1 }),
      anAccepted({ ...sketch(second), fired: 2 }),
    ]);
    const [resolved] = await ingest.ingest([anAccepted({ ...sketch('one'), resolved: 5 })]);
    expect(resolved?.outcome).toBe('resolved');
    expect(resolved?.workItems[0]?.number).toBe(fires[first === 'one' ? 0 : 1]?.workItems[0]?.number);
  });
});
