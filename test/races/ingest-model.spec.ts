import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { fold } from '../../src/alerts/ingest/fold.rules';
import type { AcceptedDelivery, IngestState } from '../../src/alerts/ingest/ingest-state';
import { IngestService } from '../../src/alerts/ingest/ingest.service';
import { newId } from '../../src/common/ids';
import type { WorkItemRecord } from '../../src/work-items/work-item.record';
import { anAccepted, at, plainRoutes, type AlertSketch } from '../support/alert-builders';
import { TestApp } from '../support/test-app';

const POLICY = { now: at(1_000), newId };

interface Event {
  episode: string;
  signature: string;
  minute: number;
  kind: 'fired' | 'resolved' | 'note' | 'healthy';
}

/** The rules with everything at hand: what the service has to come to, though it loads only what matters. */
class Model {
  private readonly workItems = new Set<WorkItemRecord>();
  private readonly state: IngestState;

  constructor(signatures: readonly string[]) {
    this.state = {
      deliveries: new Map(),
      episodes: new Map(),
      slots: new Map(),
      unsettled: new Set(signatures),
      routes: new Map(),
    };
  }

  take(batch: readonly AcceptedDelivery[]): string[] {
    plainRoutes(this.state, batch);
    const { folded, workItems } = fold(this.state, batch, POLICY);
    for (const workItem of workItems) this.workItems.add(workItem);
    return batch.map(({ id }) => folded.find(({ delivery }) => delivery.id === id)?.outcome ?? 'lost');
  }

  end(): unknown {
    const workItems = [...this.workItems];
    return {
      workItems: workItems
        .map(({ signature, state, openedAt, resolvedAt, alertCount, firingCount, reopenCount, urgency, title }) =>
          JSON.stringify([
            signature,
            state,
            openedAt,
            resolvedAt,
            alertCount,
            firingCount,
            reopenCount,
            urgency,
            title,
          ]),
        )
        .sort(),
      alerts: [...this.state.episodes.values()]
        .map(({ episodeKey, firedAt, lastFiredAt, ownResolvedAt, resolvedAt, occurrences, workItem }) =>
          JSON.stringify([
            episodeKey,
            firedAt,
            lastFiredAt,
            ownResolvedAt,
            resolvedAt,
            occurrences,
            workItem?.openedAt ?? null,
          ]),
        )
        .sort(),
    };
  }
}

describe('what the service loads', () => {
  let app: TestApp;
  let ingest: IngestService;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start();
    ingest = app.app.get(IngestService);
    dataSource = app.app.get(DataSource);
  });
  afterAll(() => app.stop());

  const events = fc.array(
    fc.record<Event>({
      episode: fc.constantFrom('a', 'b', 'c', 'd'),
      signature: fc.constantFrom('one', 'one', 'other'),
      minute: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 200 })),
      kind: fc.constantFrom('fired', 'fired', 'resolved', 'note', 'healthy'),
    }),
    { minLength: 1, maxLength: 12 },
  );

  it.each([
    ['episodes of their own', false],
    ['ids that several signatures share', true],
  ])(
    'is enough to come to what one comes to who knows everything, with %s',
    async (_, shared) => {
      await fc.assert(
        fc.asyncProperty(events, fc.integer({ min: 1, max: 5 }), async (story, size) => {
          const run = newId();
          const deliveries = story.map((event) => anAccepted(sketchOf(event, { run, shared })));
          const model = new Model(['one', 'other'].map((name) => `${run} ${name}`));
          for (let start = 0; start < deliveries.length; start += size) {
            const batch = deliveries.slice(start, start + size);
            const results = await ingest.ingest(batch);
            expect(results.map(({ outcome }) => outcome)).toEqual(model.take(batch));
          }
          expect(await stored(run)).toEqual(model.end());
          expect(await contradictions(run)).toEqual([]);
        }),
        { numRuns: 400 },
      );
    },
    120_000,
  );

  function sketchOf(
    { episode, signature, minute, kind }: Event,
    { run, shared }: { run: string; shared: boolean },
  ): AlertSketch {
    const name = kind === 'healthy' ? `healthy ${episode}` : episode;
    const common = {
      signature: `${run} ${signature}`,
      episode: name,
      ...(shared ? { sharedId: `${run}/${name}` } : {}),
    };
    if (kind === 'healthy') return { ...common, resolved: minute, endsSignature: true };
    return { ...common, [kind]: minute };
  }

  /** Work items whose state or count is not what their alerts say; what flaps is open in any case. */
  function contradictions(run: string): Promise<unknown[]> {
    return dataSource.query(
      `SELECT w.id, w.state, w.firingCount, COUNT(a.id) AS firing FROM work_items w
       LEFT JOIN alerts a ON a.workItemId = w.id AND a.occurrences > 0 AND a.resolvedAt IS NULL
       WHERE w.signature LIKE ? GROUP BY w.id, w.state, w.firingCount, w.flappingUntil
       HAVING COUNT(a.id) <> w.firingCount
         OR (w.firingCount = 0 AND w.flappingUntil IS NULL) <> (w.state = 'resolved')`,
      [`${run}%`],
    );
  }

  async function stored(run: string): Promise<unknown> {
    const workItems = await dataSource.query<Record<string, string | number | null>[]>(
      'SELECT * FROM work_items WHERE signature LIKE ?',
      [`${run}%`],
    );
    const alerts = await dataSource.query<Record<string, string | number | null>[]>(
      'SELECT a.*, w.openedAt FROM alerts a LEFT JOIN work_items w ON w.id = a.workItemId WHERE a.signature LIKE ?',
      [`${run}%`],
    );
    return {
      workItems: workItems
        .map((row) =>
          JSON.stringify([
            row.signature,
            row.state,
            time(row.openedAt),
            time(row.resolvedAt),
            row.alertCount,
            row.firingCount,
            row.reopenCount,
            row.urgency,
            row.title,
          ]),
        )
        .sort(),
      alerts: alerts
        .map((row) =>
          JSON.stringify([
            row.episodeKey,
            time(row.firedAt),
            time(row.lastFiredAt),
            time(row.ownResolvedAt),
            time(row.resolvedAt),
            row.occurrences,
            time(row.openedAt),
          ]),
        )
        .sort(),
    };
  }

  function time(value: string | number | null | undefined): Date | null {
    return typeof value === 'string' ? new Date(`${value.replace(' ', 'T')}Z`) : null;
  }
});
