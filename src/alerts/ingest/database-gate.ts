import { Injectable, Logger } from '@nestjs/common';
import { DatabaseState } from '../../common/database-state';

/** Causes that are told of one time that it is closed. */
const MAX_TOLD = 10;

/** Whether the database takes deliveries. While it does not, they go to the spool without a try that costs its senders seconds. */
@Injectable()
export class DatabaseGate {
  private readonly logger = new Logger(DatabaseGate.name);
  /** On the clock that only runs forward. */
  private closedAtMs: number | null = null;
  /** Causes that were told since it closed. */
  private readonly told = new Set<string>();

  constructor(private readonly state: DatabaseState) {}

  get isOpen(): boolean {
    return this.closedAtMs === null && this.state.isUp;
  }

  /** A batch could not be stored, or was not in time. Each cause is told once: what keeps it closed need not be what closed it. */
  close(error: unknown): void {
    const cause = error instanceof Error ? error.message : '';
    this.closedAtMs ??= performance.now();
    if (this.told.has(cause) || this.told.size >= MAX_TOLD) return;
    this.told.add(cause);
    this.logger.error({ msg: 'the database takes no deliveries now', err: error });
  }

  /** Something could be stored. */
  open(): void {
    if (this.closedAtMs === null) return;
    const seconds = Math.round((performance.now() - this.closedAtMs) / 1_000);
    this.closedAtMs = null;
    this.told.clear();
    this.logger.log({ msg: 'the database takes deliveries again', seconds });
  }
}
