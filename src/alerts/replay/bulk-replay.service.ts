import { performance } from 'node:perf_hooks';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DomainError } from '../../common/errors';
import { pageOf } from '../../common/pagination';
import { errorText } from '../deliveries/attempt-error.rules';
import { countBehind, type DeliveryFilter } from '../deliveries/delivery-search.rules';
import { cursorOf, findDeliveries, positionOf, type DeliverySummary } from '../deliveries/delivery-store';
import { isForLater } from '../ingest/ingest-queue';
import {
  REPLAYABLE,
  type BulkReplayDto,
  type BulkReplayRequestDto,
  type ReplayFilterDto,
  type ReplayResultDto,
} from './replay.dto';
import { DISMISSED, isDismissed, skipped, type AskedBy } from './replay.rules';
import { ReplayService } from './replay.service';

const DEFAULT_LIMIT = 100;

/** A call ends after so long, with a cursor to go on from: proxies give up on a request that takes much longer. */
const MAX_MS = 20_000;

/** Replays many deliveries in the order of their arrival, each for itself: what fails leaves the others alone. */
@Injectable()
export class BulkReplayService implements OnModuleDestroy {
  private readonly logger = new Logger(BulkReplayService.name);
  private isStopping = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly replays: ReplayService,
  ) {}

  /** A shutdown waits for the delivery under way, not for those behind it. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  async replay(request: BulkReplayRequestDto, by: AskedBy): Promise<BulkReplayDto> {
    const { dryRun = false, limit = DEFAULT_LIMIT, cursor } = request;
    const filter = filterOf(request.filter);
    const slice = { order: 'oldest', after: positionOf(cursor), limit: limit + 1 } as const;
    const rows = await findDeliveries(this.dataSource.manager, filter, slice);
    const items = await this.each(rows.slice(0, limit), (row) => this.one(row, { dryRun, by }));
    const { nextCursor } = pageOf(rows, items.length, { item: ({ id }) => id, position: cursorOf });
    const remaining = nextCursor === null ? 0 : await this.remaining(filter, { rows, done: items.length });
    return { dryRun, items, counts: countsOf(items), nextCursor, remaining };
  }

  /**
   * At least one, however long it takes. Past it, what can't be tried now ends the call and no more: those before it are done, and
   * their report is due.
   */
  private async each(
    rows: readonly DeliverySummary[],
    work: (row: DeliverySummary) => Promise<ReplayResultDto>,
  ): Promise<ReplayResultDto[]> {
    const until = performance.now() + MAX_MS;
    const results: ReplayResultDto[] = [];
    for (const row of rows) {
      try {
        results.push(await work(row));
      } catch (error) {
        if (results.length === 0) throw error;
        this.logger.warn({
          msg: 'a bulk replay ends at a delivery that can not be tried now',
          deliveryId: row.id,
          err: error,
        });
        break;
      }
      if (this.isStopping || performance.now() > until) break;
    }
    return results;
  }

  private async one(row: DeliverySummary, { dryRun, by }: { dryRun: boolean; by: AskedBy }): Promise<ReplayResultDto> {
    try {
      if (dryRun) return await this.replays.foretell(row.id, { withRules: false });
      return await this.replays.replay(row.id, by, { evenDismissed: isDismissed(row) });
    } catch (error) {
      if (isForLater(error)) throw error;
      if (error instanceof DomainError) return skipped(row, { dryRun, code: error.code, why: error.detail });
      // Here it would fail each time, and keep those behind it from their turn.
      this.logger.error({ msg: 'a bulk replay skips a delivery that it fails on', deliveryId: row.id, err: error });
      return skipped(row, { dryRun, code: 'internal_error', why: errorText(error) });
    }
  }

  /** Those that were read, where the others can't be counted: the report is not lost for that. */
  private async remaining(
    filter: DeliveryFilter,
    { rows, done }: { rows: readonly DeliverySummary[]; done: number },
  ): Promise<number> {
    const { text, values } = countBehind(filter, rows[done - 1] as DeliverySummary);
    try {
      const [row] = await this.dataSource.query<{ count: number | string }[]>(text, [...values]);
      return Number(row?.count ?? 0);
    } catch (error) {
      this.logger.warn({ msg: 'what is left of a bulk replay can not be counted', err: error });
      return rows.length - done;
    }
  }
}

/** What was given up is taken up again by who asks for it. */
function filterOf({ status, code, callerAppId, receivedAfter, receivedBefore }: ReplayFilterDto): DeliveryFilter {
  const notCode = code === undefined ? DISMISSED : undefined;
  return { status: status ?? REPLAYABLE, code, notCode, callerAppId, receivedAfter, receivedBefore };
}

function countsOf(items: readonly ReplayResultDto[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of items) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
