import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditWriter } from '../../audit/audit-writer';
import { Clock } from '../../common/clock';
import { DomainError, invalidRequest, notFound } from '../../common/errors';
import { isId, newId } from '../../common/ids';
import type { Page } from '../../common/pagination';
import { Transactions } from '../../common/transactions';
import { parseArmId } from '../identity/arm-id.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import { type ChangedBy, shownActor } from '../items/changed-by';
import { ConfigurationItem, type ItemRecord } from '../items/configuration-item.entity';
import { existingItemId, noItem } from '../items/existing-item';
import { lockItems } from '../items/item-store';
import { contendForKeys } from '../turns';
import { type CiRelationDto, type CiRelationsQuery, labelOf, type NewCiRelationDto } from './ci-relation.dto';
import { CiRelation } from './ci-relation.entity';
import { listRelations } from './ci-relation-list';
import { relationKeyOf } from './relation-key.rules';
import { deleteRelations, insertRelations, type RelationRecord } from './relation-store';
import { mayStandIn } from './relation-types.rules';

/** How items relate to each other, as people see and set it. */
@Injectable()
export class CiRelationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditWriter,
    private readonly clock: Clock,
  ) {}

  /** The relations of an item, in both directions. */
  async list(itemId: string, query: CiRelationsQuery): Promise<Page<CiRelationDto>> {
    const { manager } = this.dataSource;
    return listRelations(manager, await existingItemId(manager, itemId), query);
  }

  /** Relates an item to another one of the CMDB; what is there already is a 409 that names it. */
  async add(itemId: string, input: NewCiRelationDto, by: ChangedBy): Promise<CiRelationDto> {
    checkGroup(input);
    return this.transactions.run(async (tx) => {
      const { source, target } = await this.lockEnds(tx, itemId, input);
      const identity = {
        sourceId: source.id,
        type: input.type,
        targetId: target.id,
        targetKeyHash: target.canonicalKeyHash,
      };
      const relation: RelationRecord = {
        ...{ id: newId(), relationKey: relationKeyOf(identity), ...identity },
        targetResourceId: target.resourceId,
        redundancyGroup: input.redundancyGroup ?? null,
        ...{ setBy: 'person', createdBy: shownActor(by.actor).slice(0, 255), createdAt: this.clock.now() },
      };
      const known = await tx.findOneBy(CiRelation, { relationKey: relation.relationKey });
      if (known !== null) throw alreadyThere(known);
      await contendForKeys(tx, [source.id, target.id]);
      await insertRelations(tx, [relation]);
      await this.writeAudit(tx, { relation, action: 'configuration_item.relation_added', by });
      return seenFromSource(relation, target);
    });
  }

  /** Takes a relation away that a person has set, from either of its items. */
  async remove(itemId: string, relationId: string, by: ChangedBy): Promise<void> {
    const id = idIn(itemId);
    await this.transactions.run(async (tx) => {
      const key = relationId.toLowerCase();
      const relation = isId(key) ? await tx.findOneBy(CiRelation, { id: key }) : null;
      if (relation === null || (relation.sourceId !== id && relation.targetId !== id)) {
        throw notFound(`relation ${relationId.slice(0, 40)} of configuration item ${id}`);
      }
      if (relation.setBy === 'import') throw setByImport(relation);
      await deleteRelations(tx, [relation.id]);
      await this.writeAudit(tx, { relation, action: 'configuration_item.relation_removed', by });
    });
  }

  /** Both ends under their locks; 400 for a target that is none, 409 for an end that is no longer in use. */
  private async lockEnds(
    tx: EntityManager,
    itemId: string,
    input: NewCiRelationDto,
  ): Promise<{ source: ItemRecord; target: ItemRecord }> {
    const sourceId = idIn(itemId);
    const { id: targetId, path } = await targetOf(tx, input);
    if (targetId === sourceId) throw invalidRequest([{ path, message: 'must be another item than that in the path' }]);
    const items = await lockItems(tx, [sourceId, ...(targetId === null ? [] : [targetId])]);
    const source = items.get(sourceId);
    if (source === undefined) throw noItem(itemId);
    const target = items.get(targetId ?? '');
    if (target === undefined) throw invalidRequest([{ path, message: 'must name an item of the CMDB' }]);
    checkInUse(source);
    checkInUse(target);
    return { source, target };
  }

  private async writeAudit(
    tx: EntityManager,
    { relation, action, by }: { relation: RelationRecord; action: string; by: ChangedBy },
  ): Promise<void> {
    const { id, sourceId, type, targetId, targetResourceId, redundancyGroup, setBy } = relation;
    const told = { id, sourceId, type, targetId, targetResourceId, redundancyGroup, setBy };
    const isAdded = action === 'configuration_item.relation_added';
    await this.audit.write(tx, {
      ...{ ...by, action, subject: { type: 'configuration_item', id: sourceId } },
      ...{ before: isAdded ? null : told, after: isAdded ? told : null },
    });
  }
}

/** What is no id is the id of nothing. */
function idIn(itemId: string): string {
  const id = itemId.toLowerCase();
  if (!isId(id)) throw noItem(itemId);
  return id;
}

/** The target's id, or null where the CMDB lacks it, and where in the request it is named. */
async function targetOf(
  tx: EntityManager,
  { targetId, targetResourceId }: NewCiRelationDto,
): Promise<{ id: string | null; path: string }> {
  if (!targetId === !targetResourceId) {
    throw invalidRequest([{ path: 'targetId', message: 'or targetResourceId must be given, and not both' }]);
  }
  if (targetId) return { id: isId(targetId) ? targetId.toLowerCase() : null, path: 'targetId' };
  const path = 'targetResourceId';
  const armId = parseArmId(targetResourceId ?? '');
  if (armId === null) throw invalidRequest([{ path, message: 'must be an ARM id such as /subscriptions/…' }]);
  const canonicalKeyHash = armKeyHash(armId.key);
  const item = await tx.findOne(ConfigurationItem, { select: { id: true }, where: { canonicalKeyHash } });
  return { id: item?.id ?? null, path };
}

function checkGroup({ type, redundancyGroup }: NewCiRelationDto): void {
  if (!redundancyGroup || mayStandIn(type)) return;
  throw invalidRequest([{ path: 'redundancyGroup', message: 'goes with depends_on and runs_on only' }]);
}

function checkInUse({ id, status, mergedIntoId }: ItemRecord): void {
  if (mergedIntoId !== null) {
    const detail = `Configuration item ${id} has become part of ${mergedIntoId}; relate that one.`;
    throw new DomainError(409, 'merged', detail, { mergedIntoId });
  }
  if (status !== 'retired') return;
  const detail = `Configuration item ${id} has retired; it gets no new relation.`;
  throw new DomainError(409, 'configuration_item_retired', detail, { configurationItemId: id });
}

function seenFromSource(relation: RelationRecord, target: ItemRecord): CiRelationDto {
  const { id, type, redundancyGroup, setBy, createdBy, createdAt } = relation;
  const { name, className, resourceId, criticality, status } = target;
  return {
    ...{ id, type, direction: 'outgoing', label: labelOf(type, 'outgoing') },
    ...{ item: { id: target.id, name, className, resourceId, criticality, status }, missing: null },
    ...{ redundancyGroup, setBy, createdBy, createdAt },
  };
}

function alreadyThere({ id, sourceId, type, targetId, setBy }: CiRelation): DomainError {
  const target = targetId ?? 'its target';
  const detail = `Relation ${id} says already that ${sourceId} ${type} ${target}; ${setBy === 'import' ? 'an import' : 'a person'} has set it.`;
  return new DomainError(409, 'already_exists', detail, { relationId: id });
}

function setByImport({ id }: CiRelation): DomainError {
  const detail = `An import has set relation ${id}, and the next one would set it again: take it away where the import comes from.`;
  return new DomainError(409, 'set_by_import', detail, { relationId: id });
}
