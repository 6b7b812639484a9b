import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditWriter } from '../../audit/audit-writer';
import { Clock } from '../../common/clock';
import { DomainError } from '../../common/errors';
import { redactText } from '../../common/redact-text.rules';
import { oneLine } from '../../common/text.rules';
import { Transactions } from '../../common/transactions';
import { DeliveriesService } from '../deliveries/deliveries.service';
import type { DeliveryDetailDto } from '../deliveries/delivery.dto';
import { DeliveryEntity, type DeliveryStatus } from '../delivery.entity';
import { attemptedBy, DISMISSED, isDismissed, type AskedBy } from './replay.rules';
import { addAttempt, lockDelivery } from './replay-store';

/** Why a delivery is given up, and who says so. */
interface Dismissal {
  reason: string | null;
  by: AskedBy;
}

/**
 * Gives up deliveries that can never be processed. As long as one is parked, no alert is removed that had news after it came: it may be
 * the Fired whose end that is. One that is given up goes by its age, and may be replayed as long as it is kept.
 */
@Injectable()
export class DismissalService {
  constructor(
    private readonly transactions: Transactions,
    private readonly deliveries: DeliveriesService,
    private readonly audit: AuditWriter,
    private readonly clock: Clock,
  ) {}

  /** 409 where it is not parked; once it was given up, nothing happens. */
  async dismiss(id: string, dismissal: Dismissal): Promise<DeliveryDetailDto> {
    await this.transactions.run((tx) => this.dismissIn(tx, id, dismissal));
    return this.deliveries.get(id);
  }

  private async dismissIn(tx: EntityManager, id: string, { reason, by }: Dismissal): Promise<void> {
    const row = await lockDelivery(tx, id);
    if (isDismissed(row)) return;
    if (row.status !== 'parked') throw notParked(row);
    const after = { status: 'rejected' satisfies DeliveryStatus, code: DISMISSED } as const;
    await tx.update(DeliveryEntity, { id: row.id }, { ...after, errors: null });
    const why = reason === null ? null : oneLine(redactText(reason), 500) || null;
    await addAttempt(tx, row, {
      ...{ deliveryId: row.id, at: this.clock.now(), ...attemptedBy(by), kind: 'dismissal' },
      ...{ outcome: after.status, code: after.code, error: why },
    });
    await this.audit.write(tx, {
      ...{ actor: by.principal, requestId: by.requestId, action: 'delivery.dismissed' },
      ...{ subject: { type: 'delivery', id: row.id }, before: { status: row.status, code: row.code } },
      after: { ...after, reason: why },
    });
  }
}

function notParked({ id, status }: DeliveryEntity): DomainError {
  const detail = `Delivery ${id} is ${status}; only a parked one can be given up.`;
  return new DomainError(409, 'not_parked', detail, { deliveryId: id });
}
