import { Module } from '@nestjs/common';
import { AuditEventsService } from './audit-events.service';
import { AuditWriter } from './audit-writer';

/** The audit trail. Its route is in the auth module: only that one knows roles. */
@Module({ providers: [AuditWriter, AuditEventsService], exports: [AuditWriter, AuditEventsService] })
export class AuditModule {}
