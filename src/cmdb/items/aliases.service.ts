import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditWriter } from '../../audit/audit-writer';
import { Clock } from '../../common/clock';
import { invalidRequest, notFound } from '../../common/errors';
import { decodeCursor, pageOf, type Page, type PageQuery } from '../../common/pagination';
import { Schedule } from '../../common/schedule/schedule';
import { Transactions } from '../../common/transactions';
import { comparableOf } from '../identity/ci-keys.rules';
import { BINDING_CHECKS } from '../triage/binding-checks';
import { checkAliases, checkRoom } from './alias-store';
import { type AliasDto, toAliasDto } from './alias.dto';
import { aliasOf, type CiAlias } from './alias.rules';
import { type ChangedBy, saidByPerson } from './changed-by';
import type { ItemRecord } from './configuration-item.entity';
import { changeableItem, existingItem } from './existing-item';
import { aliasAdded, aliasRemoved, originOf } from './item-changes.rules';
import { saveItems } from './item-store';

/** An alias, and whether it was not there before. */
export interface AddedAlias {
  alias: AliasDto;
  isNew: boolean;
}

/** The other ways by which alerts may name an item, each with where it comes from. */
@Injectable()
export class AliasesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditWriter,
    private readonly clock: Clock,
    private readonly schedule: Schedule,
  ) {}

  /** The aliases of an item, in the order of their ids, which begin with the time of their making. */
  async list(itemId: string, { cursor, limit }: PageQuery): Promise<Page<AliasDto>> {
    const item = await existingItem(this.dataSource.manager, itemId);
    const last = cursor === undefined ? '' : String(decodeCursor(cursor, 1)[0]);
    const following = item.aliases
      .filter((alias) => alias.id > last)
      .sort((one, other) => (one.id < other.id ? -1 : 1));
    return pageOf(following, limit, { item: toAliasDto, position: (alias) => [alias.id] });
  }

  /** Gives an item one more alias; the one that it has already, however it is written, is answered as it is. */
  async add(itemId: string, value: string, by: ChangedBy): Promise<AddedAlias> {
    if (comparableOf(value) === '') throw invalidRequest([{ path: 'value', message: 'must name something' }]);
    const added = await this.transactions.run(async (tx) => {
      const before = await changeableItem(tx, itemId);
      const known = aliasOf(before.aliases, value);
      if (known !== undefined) return { alias: toAliasDto(known), isNew: false };
      checkRoom(before);
      const saying = saidByPerson(by, this.clock.now());
      const after = aliasAdded(before, { value, origin: originOf(saying) }, saying);
      await saveItems(tx, { inserted: [], updated: [after], now: saying.now });
      await checkAliases(tx, { before, after, path: 'value' });
      const alias = aliasOf(after.aliases, value) as CiAlias;
      await this.writeAudit(tx, { item: after, before: null, after: alias, by });
      return { alias: toAliasDto(alias), isNew: true };
    });
    this.schedule.wake(BINDING_CHECKS);
    return added;
  }

  /** Revokes an alias: alerts are bound by it no more. What was bound by it stays bound, and what it made ambiguous is looked at. */
  async remove(itemId: string, aliasId: string, by: ChangedBy): Promise<void> {
    await this.transactions.run(async (tx) => {
      const before = await changeableItem(tx, itemId);
      const alias = before.aliases.find(({ id }) => id === aliasId.toLowerCase());
      if (alias === undefined) throw notFound(`alias ${aliasId.slice(0, 40)} of configuration item ${before.id}`);
      const now = this.clock.now();
      const after = aliasRemoved(before, alias.id, now);
      await saveItems(tx, { inserted: [], updated: [after], now });
      await this.writeAudit(tx, { item: after, before: alias, after: null, by });
    });
    this.schedule.wake(BINDING_CHECKS);
  }

  private async writeAudit(tx: EntityManager, { item, before, after, by }: AliasChange): Promise<void> {
    await this.audit.write(tx, {
      ...by,
      action: after === null ? 'configuration_item.alias_removed' : 'configuration_item.alias_added',
      subject: { type: 'configuration_item', id: item.id },
      before,
      after,
    });
  }
}

interface AliasChange {
  item: ItemRecord;
  before: CiAlias | null;
  after: CiAlias | null;
  by: ChangedBy;
}
