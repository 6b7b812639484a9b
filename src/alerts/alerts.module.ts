import { Module } from '@nestjs/common';
import { AuthModule } from '../auth';
import { CmdbModule } from '../cmdb/cmdb.module';
import { WorkItemsModule } from '../work-items/work-items.module';
import { AlertsTelemetry } from './alerts-telemetry';
import { AlertsController } from './alerts.controller';
import { AlertsService } from './alerts.service';
import { DeliveriesController } from './deliveries/deliveries.controller';
import { DeliveriesService } from './deliveries/deliveries.service';
import { AlertExpiry } from './expiry/alert-expiry.service';
import { ExplainController } from './explain/explain.controller';
import { ExplainService } from './explain/explain.service';
import { IngestMetrics } from './ingest/ingest-metrics';
import { IngestQueue } from './ingest/ingest-queue';
import { IngestService } from './ingest/ingest.service';
import { RoutingService } from './ingest/routing.service';
import { RoutingPreviewController } from './routing-preview/routing-preview.controller';
import { RoutingPreviewService } from './routing-preview/routing-preview.service';
import { IntakeService } from './webhook/intake.service';
import { WebhookController } from './webhook/webhook.controller';

/** The receiving end: what Azure Monitor delivers, and the alerts that it tells of. */
@Module({
  imports: [AuthModule, CmdbModule, WorkItemsModule],
  controllers: [WebhookController, AlertsController, DeliveriesController, ExplainController, RoutingPreviewController],
  providers: [
    IntakeService,
    IngestQueue,
    IngestService,
    RoutingService,
    AlertExpiry,
    IngestMetrics,
    AlertsService,
    AlertsTelemetry,
    DeliveriesService,
    ExplainService,
    RoutingPreviewService,
  ],
})
export class AlertsModule {}
