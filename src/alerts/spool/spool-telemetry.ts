import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../common/clock';
import { Metrics } from '../../common/operations/metrics';
import { ReadinessChecks } from '../../common/operations/readiness';
import { secondsSince } from '../../common/time.rules';
import { DatabaseGate } from '../ingest/database-gate';
import { Spool } from './spool';
import { SpoolDrain } from './spool-drain.service';

/** Shows operators what waits in the spool and for how long, and whether it can take more. */
@Injectable()
export class SpoolTelemetry implements OnModuleInit {
  constructor(
    private readonly spool: Spool,
    private readonly drain: SpoolDrain,
    private readonly gate: DatabaseGate,
    private readonly metrics: Metrics,
    private readonly checks: ReadinessChecks,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    if (!this.spool.isOn) return;
    this.checks.register('spool', 'the spool can not be written, or is full', () => {
      if (!this.spool.hasRoom) throw new Error('the spool takes nothing more');
    });
    this.checks.tell('spool', () => ({
      bytes: this.spool.bytes,
      oldestAgeSeconds: Math.round(this.ageSeconds()),
    }));
    this.checks.cover(['database', 'migrations'], { by: 'spool', holds: () => this.spool.hasRoom });
    this.metrics.expose({
      name: 'secure_export_spool_bytes',
      help: 'Bytes on disk that wait for the database.',
      kind: 'gauge',
      read: () => this.spool.bytes,
    });
    this.metrics.expose({
      name: 'secure_export_spool_oldest_age_seconds',
      help: 'For how long the oldest delivery in the spool has waited; 0 = none waits.',
      kind: 'gauge',
      read: () => this.ageSeconds(),
    });
    this.metrics.expose({
      name: 'secure_export_spool_kept_total',
      help: 'Deliveries that were kept in the spool.',
      kind: 'counter',
      read: () => this.spool.kept,
    });
    this.metrics.expose({
      name: 'secure_export_spool_refused_total',
      help: 'Deliveries that the spool could not keep: full, or the disk failed.',
      kind: 'counter',
      read: () => this.spool.refused,
    });
    this.metrics.expose({
      name: 'secure_export_spool_drained_total',
      help: 'Deliveries that came out of the spool into the database.',
      kind: 'counter',
      read: () => this.drain.drained,
    });
    this.metrics.expose({
      name: 'secure_export_database_gate_open',
      help: '1 while deliveries go straight into the database, 0 while they go to the spool.',
      kind: 'gauge',
      read: () => Number(this.gate.isOpen),
    });
  }

  private ageSeconds(): number {
    return secondsSince(this.spool.oldestAt, this.clock.now());
  }
}
