import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../common/clock';
import { newId } from '../common/ids';
import type { Actor } from './actor';
import { AuditEventEntity } from './audit-event.entity';

/** A change to write down. `before` null = it came into being, `after` null = it is gone. */
export interface AuditEntry {
  actor: Actor;
  /** What happened to what: `allowed_app.created`. */
  action: string;
  subject: { type: string; id: string };
  before: object | null;
  after: object | null;
  /** null where no request caused it. */
  requestId: string | null;
}

/** Writes the audit trail. Takes the transaction of the change, so that neither is ever there without the other. */
@Injectable()
export class AuditWriter {
  constructor(private readonly clock: Clock) {}

  async write(tx: EntityManager, entry: AuditEntry): Promise<void> {
    await tx.insert(AuditEventEntity, {
      id: newId(),
      occurredAt: this.clock.now(),
      actorKind: entry.actor.kind,
      actorId: entry.actor.id.slice(0, 100),
      actorName: entry.actor.name?.slice(0, 200) ?? null,
      action: entry.action,
      subjectType: entry.subject.type,
      subjectId: entry.subject.id,
      valueBefore: entry.before,
      valueAfter: entry.after,
      requestId: entry.requestId?.slice(0, 100) ?? null,
    });
  }
}
