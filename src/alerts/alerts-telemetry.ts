import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '../common/operations/metrics';
import { IngestMetrics } from './ingest/ingest-metrics';
import { IngestQueue } from './ingest/ingest-queue';

/** Shows operators what became of deliveries and how long the queue is. */
@Injectable()
export class AlertsTelemetry implements OnModuleInit {
  constructor(
    private readonly counts: IngestMetrics,
    private readonly queue: IngestQueue,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.expose({
      name: 'secure_export_deliveries_total',
      help: 'Deliveries stored, by what became of them.',
      kind: 'counter',
      label: 'outcome',
      read: () => this.counts.outcomes,
    });
    this.metrics.expose({
      name: 'secure_export_ingest_batches_total',
      help: 'Transactions of the ingest.',
      kind: 'counter',
      read: () => this.counts.batches,
    });
    this.metrics.expose({
      name: 'secure_export_ingest_put_off_total',
      help: 'Deliveries answered 503, as they could not be stored.',
      kind: 'counter',
      read: () => this.counts.putOff,
    });
    this.metrics.expose({
      name: 'secure_export_ingest_queue_depth',
      help: 'Deliveries that wait for their transaction.',
      kind: 'gauge',
      read: () => this.queue.depth,
    });
    this.metrics.expose({
      name: 'secure_export_ingest_overflowed_total',
      help: 'Deliveries that the queue had no room for, or no time: spooled, or answered 503 where there is no spool.',
      kind: 'counter',
      read: () => this.queue.overflowed,
    });
  }
}
