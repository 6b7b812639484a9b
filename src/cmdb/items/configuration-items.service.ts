import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditWriter } from '../../audit/audit-writer';
import { Clock } from '../../common/clock';
import { DomainError, invalidRequest } from '../../common/errors';
import { checkIfMatch } from '../../common/http/etag';
import { redactSecretsIn } from '../../common/redact.rules';
import { Schedule } from '../../common/schedule/schedule';
import { Transactions } from '../../common/transactions';
import { type ArmId, parseArmId } from '../identity/arm-id.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import { BINDING_CHECKS } from '../triage/binding-checks';
import { checkAliases } from './alias-store';
import { type ChangedBy, saidByPerson } from './changed-by';
import { type ConfigurationItemDto, toConfigurationItemDto } from './configuration-item.dto';
import type { ItemRecord } from './configuration-item.entity';
import { changeableItem } from './existing-item';
import { changedItem, mergedItem, movedItem, newItem, type Saying, withSeenOf } from './item-changes.rules';
import { type ItemInput, readItem, type ReadItem } from './item-input.rules';
import { lockItemsOfArmIds, saveItems } from './item-store';

/** Which version of which item. */
export interface ItemVersion {
  id: string;
  ifMatch: string | undefined;
}

/** What people do to the CMDB. Each change is audited, and what waits for it is bound. */
@Injectable()
export class ConfigurationItemsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly audit: AuditWriter,
    private readonly clock: Clock,
    private readonly schedule: Schedule,
  ) {}

  /**
   * Puts an item into the CMDB. Where an alert has made a stub for the same ARM id, the stub becomes this item and keeps its
   * id, and with it its work items; any other item of that ARM id is a 409 that names it.
   */
  async create(input: ItemInput, by: ChangedBy): Promise<ConfigurationItemDto> {
    const read = checked(readItem(redactSecretsIn(input)));
    if (read.armId === null && !read.said.name) {
      throw invalidRequest([{ path: 'name', message: 'is required where there is no resourceId' }]);
    }
    const item = await this.transactions.run(async (tx) => {
      const before = read.armId === null ? undefined : await itemOfArmId(tx, read.armId);
      if (before !== undefined && !before.stub) throw alreadyThere(before);
      const saying = saidByPerson(by, this.clock.now());
      const after = before === undefined ? newItem(read, saying) : changedItem(before, read, saying).after;
      const saved = before === undefined ? { inserted: [after], updated: [] } : { inserted: [], updated: [after] };
      await saveItems(tx, { ...saved, now: saying.now });
      await checkAliases(tx, { before: before ?? null, after, path: 'aliases' });
      await this.writeAudit(tx, { before: before ?? null, after, by });
      return after;
    });
    return this.answer(item);
  }

  /**
   * Changes what is named, and nothing else; a stub is none any more then. A new `resourceId` says that Azure has moved or
   * renamed the resource: the old one leads to the item as an alias, and a stub that alerts have made of the new one becomes
   * part of the item.
   */
  async change(version: ItemVersion, input: ItemInput, by: ChangedBy): Promise<ConfigurationItemDto> {
    if (Object.values(input).every((value) => value === undefined)) throw nothingToChange();
    return this.apply({ ...version, required: true }, input, by);
  }

  /** Retires an item: nothing new is bound to it, and what is bound stays. Retired already is fine. */
  async retire(version: ItemVersion, by: ChangedBy): Promise<ConfigurationItemDto> {
    return this.apply({ ...version, required: false }, { status: 'retired' }, by);
  }

  private async apply(
    { id, ifMatch, required }: ItemVersion & { required: boolean },
    input: ItemInput,
    by: ChangedBy,
  ): Promise<ConfigurationItemDto> {
    const item = await this.transactions.run(async (tx) => {
      const before = await changeableItem(tx, id);
      checkIfMatch(ifMatch, before.version, { required });
      const own = before.resourceId === null ? null : parseArmId(before.resourceId);
      const read = readChange(input, { own, ownType: before.resourceType });
      const saying = saidByPerson(by, this.clock.now());
      const { item: current, merged } = await moveIfTold(tx, before, { read, own, saying });
      const said = current === before ? read : withFormerId(read, before);
      const { after, isChanged } = changedItem(current, said, saying);
      if (after.name === '') throw invalidRequest([{ path: 'name', message: 'is required' }]);
      if (!isChanged && current === before) return before;
      const changed = { ...after, version: before.version + 1 };
      if (merged !== null) await this.saveMerged(tx, merged, by);
      await saveItems(tx, { inserted: [], updated: [changed], now: saying.now });
      await checkAliases(tx, { before, after: changed, path: 'aliases' });
      await this.writeAudit(tx, { before, after: changed, by });
      return changed;
    });
    return this.answer(item);
  }

  /** Before the item itself, which takes the ARM id that this one gives up. */
  private async saveMerged(tx: EntityManager, { stub, gone }: Merged, by: ChangedBy): Promise<void> {
    await saveItems(tx, { inserted: [], updated: [gone], now: gone.updatedAt });
    await this.writeAudit(tx, { before: stub, after: gone, by });
  }

  /** What has just come into the CMDB may be what alerts have asked for. */
  private answer(item: ItemRecord): ConfigurationItemDto {
    this.schedule.wake(BINDING_CHECKS);
    return toConfigurationItemDto(item);
  }

  private async writeAudit(tx: EntityManager, change: Change): Promise<void> {
    const { before, after, by } = change;
    await this.audit.write(tx, {
      ...by,
      action: actionOf(change),
      subject: { type: 'configuration_item', id: after.id },
      before: before === null ? null : toConfigurationItemDto(before),
      after: toConfigurationItemDto(after),
    });
  }
}

interface Change {
  before: ItemRecord | null;
  after: ItemRecord;
  by: ChangedBy;
}

/** A stub, and what is left of it once it is part of another item. */
interface Merged {
  stub: ItemRecord;
  gone: ItemRecord;
}

/** The item under its new ARM id, and what becomes of the stub of that id, if there is one; 409 where another item has it. */
async function moveIfTold(
  tx: EntityManager,
  before: ItemRecord,
  { read, own, saying }: { read: ReadItem; own: ArmId | null; saying: Saying },
): Promise<{ item: ItemRecord; merged: Merged | null }> {
  if (read.armId === null || read.armId.key === own?.key) return { item: before, merged: null };
  const stub = await itemOfArmId(tx, read.armId);
  if (stub !== undefined && !stub.stub) throw alreadyThere(stub);
  const item = movedItem(before, read.armId, saying);
  if (stub === undefined) return { item, merged: null };
  return { item: withSeenOf(item, stub), merged: { stub, gone: mergedItem(stub, item, saying.now) } };
}

/** A list of aliases is written without the one that this very move adds; it stays. */
function withFormerId(read: ReadItem, { resourceId }: ItemRecord): ReadItem {
  if (read.aliases === undefined || resourceId === null) return read;
  return { ...read, aliases: [...read.aliases, resourceId] };
}

/** What an item with an ARM id can't be: one without. */
function readChange(input: ItemInput, { own, ownType }: { own: ArmId | null; ownType: string | null }): ReadItem {
  const isTakenAway = input.resourceId !== undefined && !input.resourceId?.trim();
  if (own !== null && isTakenAway) {
    throw invalidRequest([{ path: 'resourceId', message: 'stays with the item; give the one that it has now' }]);
  }
  return checked(readItem(redactSecretsIn(input), own, ownType));
}

function actionOf({ before, after }: Change): string {
  if (before === null) return 'configuration_item.created';
  if (after.mergedIntoId !== null) return 'configuration_item.merged';
  const isRetired = before.status !== 'retired' && after.status === 'retired';
  return isRetired ? 'configuration_item.retired' : 'configuration_item.changed';
}

function nothingToChange(): DomainError {
  return invalidRequest([{ path: '', message: 'name at least one field to change' }]);
}

function checked(result: ReturnType<typeof readItem>): ReadItem {
  if (result.kind === 'faults') throw invalidRequest(result.faults);
  return result;
}

async function itemOfArmId(tx: EntityManager, armId: ArmId): Promise<ItemRecord | undefined> {
  const hash = armKeyHash(armId.key);
  return (await lockItemsOfArmIds(tx, [hash])).get(hash);
}

function alreadyThere({ id, resourceId }: ItemRecord): DomainError {
  return new DomainError(409, 'already_exists', `Configuration item ${id} has the resource id ${resourceId ?? ''}.`, {
    configurationItemId: id,
  });
}
