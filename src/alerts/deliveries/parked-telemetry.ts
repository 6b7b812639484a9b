import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Clock } from '../../common/clock';
import { DatabaseState } from '../../common/database-state';
import { Metrics } from '../../common/operations/metrics';
import { MAX_COUNT } from '../../common/row-estimates';
import { readTime } from '../../common/sql';
import { secondsSince } from '../../common/time.rules';
import { withinTime } from '../../common/within-time';

/** Who asks for the metrics does not wait for a database that is slow. */
const TIMEOUT_MS = 1_000;

const PARKED = `SELECT COUNT(*) AS count, MIN(receivedAt) AS oldest FROM
  (SELECT receivedAt FROM deliveries WHERE status = 'parked' ORDER BY receivedAt LIMIT ${MAX_COUNT + 1}) parked`;

/** How many deliveries are parked, and when the oldest of them came. */
interface Parked {
  count: number;
  oldest: Date | null;
}

/** Shows operators what is left for them to replay or dismiss. Every instance tells the same: the database is asked. */
@Injectable()
export class ParkedTelemetry implements OnModuleInit {
  private readonly logger = new Logger(ParkedTelemetry.name);
  /** The question that is under way; one that hangs is not asked again. */
  private asked: Promise<Parked | null> | null = null;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly state: DatabaseState,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.metrics.expose({
      name: 'secure_export_deliveries_parked',
      help: `Deliveries that wait to be replayed or dismissed, in the database of all instances; ${MAX_COUNT + 1} = more. Left out while that does not answer.`,
      kind: 'gauge',
      read: async () => (await this.parked())?.count ?? null,
    });
    this.metrics.expose({
      name: 'secure_export_deliveries_parked_oldest_age_seconds',
      help: 'How long ago the oldest of them came; 0 = there is none.',
      kind: 'gauge',
      read: async () => this.ageOf(await this.parked()),
    });
  }

  private ageOf(parked: Parked | null): number | null {
    return parked === null ? null : secondsSince(parked.oldest, this.clock.now());
  }

  private parked(): Promise<Parked | null> {
    this.asked ??= this.ask().finally(() => {
      this.asked = null;
    });
    return withinTime(this.asked, TIMEOUT_MS, () => null);
  }

  /** Never rejects: the other metrics are told all the same. */
  private async ask(): Promise<Parked | null> {
    if (!this.state.isUp) return null;
    try {
      const [row] = await this.dataSource.query<{ count: number | string; oldest: Date | string | null }[]>(PARKED);
      return { count: Number(row?.count ?? 0), oldest: readTime(row?.oldest ?? null) };
    } catch (error) {
      this.logger.debug({ msg: 'parked deliveries can not be counted', err: error });
      return null;
    }
  }
}
