import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { AuthModule } from '../auth';
import { CmdbModule } from '../cmdb/cmdb.module';
import { WorkItemsModule } from '../work-items/work-items.module';
import { AlertsTelemetry } from './alerts-telemetry';
import { AlertsController } from './alerts.controller';
import { AlertsService } from './alerts.service';
import { DeliveriesController } from './deliveries/deliveries.controller';
import { DeliveriesService } from './deliveries/deliveries.service';
import { ParkedTelemetry } from './deliveries/parked-telemetry';
import { AlertExpiry } from './expiry/alert-expiry.service';
import { ExplainController } from './explain/explain.controller';
import { ExplainService } from './explain/explain.service';
import { DatabaseGate } from './ingest/database-gate';
import { IngestMetrics } from './ingest/ingest-metrics';
import { IngestQueue } from './ingest/ingest-queue';
import { IngestService } from './ingest/ingest.service';
import { RoutingService } from './ingest/routing.service';
import { BulkReplayService } from './replay/bulk-replay.service';
import { DismissalService } from './replay/dismissal.service';
import { ReplayController } from './replay/replay.controller';
import { ReplayService } from './replay/replay.service';
import { AlertsRetention } from './retention/alerts-retention.service';
import { RoutingPreviewController } from './routing-preview/routing-preview.controller';
import { RoutingPreviewService } from './routing-preview/routing-preview.service';
import { Spool } from './spool/spool';
import { SpoolDrain } from './spool/spool-drain.service';
import { SpoolTelemetry } from './spool/spool-telemetry';
import { IntakeService } from './webhook/intake.service';
import { WebhookController } from './webhook/webhook.controller';

/** The receiving end: what Azure Monitor delivers, and the alerts that it tells of. */
@Module({
  imports: [AuditModule, AuthModule, CmdbModule, WorkItemsModule],
  controllers: [
    WebhookController,
    AlertsController,
    DeliveriesController,
    ReplayController,
    ExplainController,
    RoutingPreviewController,
  ],
  providers: [
    IntakeService,
    DatabaseGate,
    Spool,
    SpoolDrain,
    SpoolTelemetry,
    IngestQueue,
    IngestService,
    RoutingService,
    AlertExpiry,
    AlertsRetention,
    IngestMetrics,
    AlertsService,
    AlertsTelemetry,
    DeliveriesService,
    ParkedTelemetry,
    ReplayService,
    BulkReplayService,
    DismissalService,
    ExplainService,
    RoutingPreviewService,
  ],
})
export class AlertsModule {}
