import { Module, type OnModuleInit } from '@nestjs/common';
import { oldestFirst } from '../common/retention/oldest-first';
import { Retention } from '../common/retention/retention';
import { Transactions } from '../common/transactions';
import { AuditEventsService } from './audit-events.service';
import { AuditWriter } from './audit-writer';

/** The task that removes audit events whose time is over. */
export const AUDIT_RETENTION = 'audit-retention';

/** The audit trail. Its route is in the auth module: only that one knows roles. */
@Module({ providers: [AuditWriter, AuditEventsService], exports: [AuditWriter, AuditEventsService] })
export class AuditModule implements OnModuleInit {
  constructor(
    private readonly retention: Retention,
    private readonly transactions: Transactions,
  ) {}

  onModuleInit(): void {
    const events = { dataClass: 'audit-events', table: 'audit_events', timeColumn: 'occurredAt' } as const;
    this.retention.register(AUDIT_RETENTION, [oldestFirst(this.transactions, events)]);
  }
}
