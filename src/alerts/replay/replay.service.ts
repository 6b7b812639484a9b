import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditWriter } from '../../audit/audit-writer';
import { Allowlist } from '../../auth/allowlist/allowlist';
import { Clock } from '../../common/clock';
import { CONFIG, type Config } from '../../common/config';
import { DomainError, notFound } from '../../common/errors';
import { isId } from '../../common/ids';
import { Transactions } from '../../common/transactions';
import { errorText } from '../deliveries/attempt-error.rules';
import { faultsOf, type Attempt } from '../deliveries/attempts';
import { DeliveryEntity, type DeliveryStatus } from '../delivery.entity';
import { isForLater, PIPELINE_FAILED } from '../ingest/ingest-queue';
import { IngestService } from '../ingest/ingest.service';
import { readStored } from '../routing-preview/readable-delivery';
import type { RoutingPreviewItemDto } from '../routing-preview/routing-preview.dto';
import { RoutingPreviewService } from '../routing-preview/routing-preview.service';
import {
  attemptedBy,
  DISMISSED,
  isDismissed,
  isDone,
  readForReplay,
  skipped,
  standingDiffers,
  type AskedBy,
  type Standing,
  type StoredReading,
} from './replay.rules';
import type { ReplayResultDto } from './replay.dto';
import { addAttempt, lockDelivery, toldWorkItem, type ToldWorkItem } from './replay-store';

/** What a try came to. */
type Tried = Pick<ReplayResultDto, 'outcome' | 'code' | 'errors' | 'error' | 'alertId' | 'workItems'>;

const NOTHING = { code: null, errors: null, error: null, alertId: null, workItems: [] };

/**
 * Has a stored delivery processed by the rules, the CMDB and the allowlist of today. What has been processed stays as it is, so
 * a replay can be repeated, and two at once are one: the row is locked.
 */
@Injectable()
export class ReplayService {
  private readonly logger = new Logger(ReplayService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly transactions: Transactions,
    private readonly ingest: IngestService,
    private readonly allowlist: Allowlist,
    private readonly routing: RoutingPreviewService,
    private readonly audit: AuditWriter,
    private readonly clock: Clock,
  ) {}

  /** 409 where there is nothing to read again. What was given up is skipped, unless `evenDismissed`. */
  async replay(id: string, by: AskedBy, { evenDismissed }: { evenDismissed: boolean }): Promise<ReplayResultDto> {
    try {
      return await this.transactions.run((tx) => this.replayIn(tx, id, { by, evenDismissed }));
    } catch (error) {
      if (error instanceof DomainError || isForLater(error)) throw error;
      this.logger.error({ msg: 'a delivery failed in the pipeline again', deliveryId: id, err: error });
      return this.transactions.run((tx) => this.parkIn(tx, id, { by, error }));
    }
  }

  /** What a replay would do; writes nothing. */
  async foretell(id: string, { withRules }: { withRules: boolean }): Promise<ReplayResultDto> {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(DeliveryEntity, { id: id.toLowerCase() }) : null;
    if (row === null) throw notFound(`delivery ${id.slice(0, 40)}`);
    const kept = await toldWorkItem(this.dataSource.manager, row.workItemId);
    const before = standingOf(row, kept);
    const foreseen = withRules ? await this.foresee(row) : null;
    if (isDone(row)) {
      const differs = foreseen === null ? [] : opensOtherwise(foreseen, kept);
      return { ...repeated(row, kept), dryRun: true, before, after: before, differs, foreseen };
    }
    const tried = await this.tryOut(row);
    const after = standingAfter(row, tried);
    const differs = standingDiffers(before, after);
    return { deliveryId: row.id, dryRun: true, ...tried, before, after, differs, foreseen };
  }

  private async replayIn(
    tx: EntityManager,
    id: string,
    { by, evenDismissed }: { by: AskedBy; evenDismissed: boolean },
  ): Promise<ReplayResultDto> {
    const row = await lockDelivery(tx, id);
    if (isDone(row)) return this.unchanged(tx, row);
    if (isDismissed(row) && !evenDismissed)
      return skipped(row, { dryRun: false, code: DISMISSED, why: 'It was given up meanwhile.' });
    const reading = this.read(row);
    if (reading.kind === 'refused') return this.settle(tx, row, { by, tried: await this.refuse(tx, row, reading) });
    const { outcome, alertId, workItems } = await this.ingest.takeStored(tx, reading.delivery);
    const tried = { ...NOTHING, outcome: outcome as Tried['outcome'], alertId, workItems };
    return this.settle(tx, row, { by, tried });
  }

  /** Somebody else's replay may have gone well in the meantime. What was given up stays so: it is no work for anybody. */
  private async parkIn(
    tx: EntityManager,
    id: string,
    { by, error }: { by: AskedBy; error: unknown },
  ): Promise<ReplayResultDto> {
    const row = await lockDelivery(tx, id);
    if (isDone(row)) return this.unchanged(tx, row);
    const status: DeliveryStatus = 'parked';
    if (!isDismissed(row))
      await tx.update(DeliveryEntity, { id: row.id }, { status, code: PIPELINE_FAILED, errors: null });
    return this.settle(tx, row, { by, tried: failed(error) });
  }

  /** What can't be read as an alert stays what it was: one that is parked is not given up for that, and one that was given up stays so. */
  private async refuse(
    tx: EntityManager,
    row: DeliveryEntity,
    { code, errors }: Extract<StoredReading, { kind: 'refused' }>,
  ): Promise<Tried> {
    await tx.update(DeliveryEntity, { id: row.id }, isDismissed(row) ? { errors } : { code, errors });
    return { ...NOTHING, outcome: 'rejected', code, errors };
  }

  /** Writes down what was tried, and who had it tried. */
  private async settle(
    tx: EntityManager,
    row: DeliveryEntity,
    { by, tried }: { by: AskedBy; tried: Tried },
  ): Promise<ReplayResultDto> {
    const before = standingOf(row, await toldWorkItem(tx, row.workItemId));
    const after = standingAfter(row, tried);
    await addAttempt(tx, row, this.attemptOf(row.id, by, tried));
    await this.audit.write(tx, {
      ...{ actor: by.principal, requestId: by.requestId, action: 'delivery.replayed' },
      ...{ subject: { type: 'delivery', id: row.id }, before, after },
    });
    const differs = standingDiffers(before, after);
    return { deliveryId: row.id, dryRun: false, ...tried, before, after, differs, foreseen: null };
  }

  private attemptOf(deliveryId: string, by: AskedBy, { outcome, code, errors, error }: Tried): Attempt {
    const at = this.clock.now();
    return { deliveryId, at, ...attemptedBy(by), kind: 'replay', outcome, code, error: error ?? faultsOf(errors) };
  }

  private async unchanged(tx: EntityManager, row: DeliveryEntity): Promise<ReplayResultDto> {
    const kept = await toldWorkItem(tx, row.workItemId);
    const before = standingOf(row, kept);
    return { ...repeated(row, kept), dryRun: false, before, after: before, differs: [], foreseen: null };
  }

  private async tryOut(row: DeliveryEntity): Promise<Tried> {
    const reading = this.read(row);
    if (reading.kind === 'refused')
      return { ...NOTHING, outcome: 'rejected', code: reading.code, errors: reading.errors };
    try {
      return { ...NOTHING, ...(await this.ingest.foretell(reading.delivery)) };
    } catch (error) {
      if (error instanceof DomainError || isForLater(error)) throw error;
      return failed(error);
    }
  }

  private read(row: DeliveryEntity): StoredReading {
    if (row.body === '') throw payloadRemoved(row);
    const entry = row.callerAppId === null ? undefined : this.allowlist.find(row.callerAppId);
    return readForReplay(row, { config: this.config, entry, now: this.clock.now() });
  }

  private foresee({ id, body, receivedAt, callerAppId }: DeliveryEntity): Promise<RoutingPreviewItemDto> {
    const caller = this.allowlist.callerOf(callerAppId);
    const read = readStored(body, { config: this.config, receivedAt, caller });
    return this.routing.inForce({ deliveryId: id, receivedAt }, read);
  }
}

function payloadRemoved({ id, payloadRemovedAt }: DeliveryEntity): DomainError {
  const detail = `The payload of delivery ${id} is no longer kept, so it can't be replayed.`;
  return new DomainError(409, 'payload_removed', detail, { deliveryId: id, payloadRemovedAt });
}

function failed(error: unknown): Tried {
  return { ...NOTHING, outcome: 'parked', code: PIPELINE_FAILED, error: errorText(error) };
}

function repeated(row: DeliveryEntity, kept: ToldWorkItem | null): Tried & { deliveryId: string } {
  const workItems = kept === null ? [] : [kept];
  return { ...NOTHING, deliveryId: row.id, outcome: 'duplicate', alertId: row.alertId, workItems };
}

function standingOf({ status, outcome, code }: DeliveryEntity, kept: ToldWorkItem | null): Standing {
  return { status, outcome, code, workItem: kept?.number ?? null };
}

function standingAfter(row: DeliveryEntity, { outcome, code, workItems }: Tried): Standing {
  if (isDismissed(row) && (outcome === 'rejected' || outcome === 'parked')) return standingOf(row, null);
  if (outcome === 'rejected') return { status: row.status, outcome: null, code, workItem: null };
  if (outcome === 'parked') return { status: 'parked', outcome: null, code, workItem: null };
  const [first] = workItems;
  const status = outcome === 'duplicate' ? 'duplicate' : 'processed';
  return { status, outcome, code: null, workItem: first === undefined ? null : (first.number ?? '(new)') };
}

/** Of a Fired that was processed: whether the rules of today open a work item where there is none, or none where there is one. */
function opensOtherwise({ outcome, workItems, error }: RoutingPreviewItemDto, kept: ToldWorkItem | null): string[] {
  if (error !== null || outcome === 'none') return [];
  return workItems.length > 0 === (kept !== null) ? [] : ['workItem'];
}
