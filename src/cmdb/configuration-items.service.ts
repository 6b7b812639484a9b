import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Actor } from '../audit/actor';
import { AuditWriter } from '../audit/audit-writer';
import { Clock } from '../common/clock';
import { DomainError, invalidRequest } from '../common/errors';
import { newId } from '../common/ids';
import { Transactions } from '../common/transactions';
import { replaceKeys } from './ci-key-store';
import { type ConfigurationItemDto, toConfigurationItemDto } from './configuration-item.dto';
import { ConfigurationItem } from './configuration-item.entity';
import { draftItem, type ItemDraft, type ItemInput } from './item-draft.rules';

/** Who asks for a change, and by which request. */
export interface ChangedBy {
  actor: Actor;
  requestId: string;
}

/** What people do to the CMDB. Each change is audited. */
@Injectable()
export class ConfigurationItemsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly audit: AuditWriter,
    private readonly clock: Clock,
  ) {}

  /**
   * Puts an item into the CMDB. Where an alert has made a stub for the same ARM id, the stub becomes this item and keeps its
   * id, and with it its work items; any other item of that ARM id is a 409 that names it.
   */
  create(input: ItemInput, by: ChangedBy): Promise<ConfigurationItemDto> {
    const draft = checkedDraft(input);
    return this.transactions.run(async (tx) => {
      const before = await itemOfArmId(tx, draft);
      const after = before === null ? this.newItem(draft) : this.completed(before, draft);
      if (before === null) await tx.insert(ConfigurationItem, after);
      else await fillStub(tx, before, after);
      await replaceKeys(tx, after);
      await this.writeAudit(tx, { before, after, by });
      return toConfigurationItemDto(after);
    });
  }

  private newItem(draft: ItemDraft): ConfigurationItem {
    const now = this.clock.now();
    return { ...draft, id: newId(), stub: false, version: 1, createdAt: now, updatedAt: now };
  }

  /** The ARM id stays as it was first seen. */
  private completed(stub: ConfigurationItem, draft: ItemDraft): ConfigurationItem {
    const { id, resourceId, createdAt, version } = stub;
    return { ...draft, id, resourceId, createdAt, stub: false, version: version + 1, updatedAt: this.clock.now() };
  }

  private async writeAudit(tx: EntityManager, change: Change): Promise<void> {
    const { before, after, by } = change;
    await this.audit.write(tx, {
      ...by,
      action: before === null ? 'configuration_item.created' : 'configuration_item.changed',
      subject: { type: 'configuration_item', id: after.id },
      before: before === null ? null : toConfigurationItemDto(before),
      after: toConfigurationItemDto(after),
    });
  }
}

interface Change {
  before: ConfigurationItem | null;
  after: ConfigurationItem;
  by: ChangedBy;
}

function checkedDraft(input: ItemInput): ItemDraft {
  const result = draftItem(input);
  if (result.kind === 'fault') throw invalidRequest([{ path: result.path, message: result.message }]);
  return result.draft;
}

async function itemOfArmId(tx: EntityManager, { canonicalKeyHash }: ItemDraft): Promise<ConfigurationItem | null> {
  return canonicalKeyHash === null ? null : tx.findOneBy(ConfigurationItem, { canonicalKeyHash });
}

/** Of two people who fill the same stub, the second finds it filled. */
async function fillStub(tx: EntityManager, stub: ConfigurationItem, item: ConfigurationItem): Promise<void> {
  const { affected } = await tx.update(ConfigurationItem, { id: stub.id, stub: true, version: stub.version }, item);
  if (affected !== 1) throw alreadyThere(stub);
}

function alreadyThere({ id, resourceId }: ConfigurationItem): DomainError {
  return new DomainError(409, 'already_exists', `Configuration item ${id} has the resource id ${resourceId ?? ''}.`, {
    configurationItemId: id,
  });
}
