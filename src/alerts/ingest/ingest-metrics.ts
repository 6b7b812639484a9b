import { Injectable } from '@nestjs/common';
import type { IngestResult } from './ingest.service';

/** Plain counts of what the ingest did; the metrics page reads them. */
@Injectable()
export class IngestMetrics {
  readonly outcomes = new Map<string, number>();
  batches = 0;
  /** Deliveries that could not be stored; their senders were told to repeat them. */
  putOff = 0;

  batch(results: readonly IngestResult[]): void {
    this.batches += 1;
    for (const { outcome } of results) this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}
