import { Injectable, Logger } from '@nestjs/common';
import { DatabaseState } from '../../common/database-state';

/** Whether the database takes deliveries. While it does not, they go to the spool without a try that costs its senders seconds. */
@Injectable()
export class DatabaseGate {
  private readonly logger = new Logger(DatabaseGate.name);
  /** On the clock that only runs forward. */
  private closedAtMs: number | null = null;

  constructor(private readonly state: DatabaseState) {}

  get isOpen(): boolean {
    return this.closedAtMs === null && this.state.isUp;
  }

  /** A batch could not be stored, or was not in time. */
  close(error: unknown): void {
    if (this.closedAtMs !== null) return;
    this.closedAtMs = performance.now();
    this.logger.error({ msg: 'the database takes no deliveries now', err: error });
  }

  /** Something could be stored. */
  open(): void {
    if (this.closedAtMs === null) return;
    const seconds = Math.round((performance.now() - this.closedAtMs) / 1_000);
    this.closedAtMs = null;
    this.logger.log({ msg: 'the database takes deliveries again', seconds });
  }
}
