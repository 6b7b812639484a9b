import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, MoreThan, type EntityManager, type FindOneOptions, type FindOptionsWhere } from 'typeorm';
import type { Actor } from '../../audit/actor';
import { AuditWriter } from '../../audit/audit-writer';
import { Clock } from '../../common/clock';
import { invalidRequest, notFound } from '../../common/errors';
import { checkIfMatch } from '../../common/http/etag';
import { newId } from '../../common/ids';
import { decodeCursor, pageOf, type Page, type PageQuery } from '../../common/pagination';
import { isSqlite } from '../../common/sql';
import { Transactions } from '../../common/transactions';
import {
  toRoutingRuleDto,
  type NewRoutingRuleDto,
  type RoutingRuleChangesDto,
  type RoutingRuleDto,
} from './routing-rule.dto';
import { nextPosition } from './position.rules';
import { RoutingRuleEntity } from './routing-rule.entity';
import { RoutingRules } from './routing-rules-cache';

/** Who asks for a change, by which request, and of which version. */
export interface ChangeRequest {
  actor: Actor;
  requestId: string;
  /** The header as sent. */
  ifMatch: string | undefined;
}

/** What managers do to the routing rules. Each change is audited (one that changes nothing is none), and in force on this instance when it returns. */
@Injectable()
export class RoutingRulesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditWriter,
    private readonly rules: RoutingRules,
    private readonly clock: Clock,
  ) {}

  /** In the order in which they are tried. */
  async list({ limit, cursor }: PageQuery): Promise<Page<RoutingRuleDto>> {
    const rows = await this.dataSource.manager.find(RoutingRuleEntity, {
      where: cursor === undefined ? {} : after(cursor),
      order: { position: 'ASC', id: 'ASC' },
      take: limit + 1,
    });
    return pageOf(rows, limit, { item: toRoutingRuleDto, position: ({ position, id }) => [position, id] });
  }

  async get(id: string): Promise<RoutingRuleDto> {
    return toRoutingRuleDto(await load(this.dataSource.manager, id));
  }

  /** Two rules that are added at once may get the same position, and are then tried in the order of their ids. */
  create(dto: NewRoutingRuleDto, by: Omit<ChangeRequest, 'ifMatch'>): Promise<RoutingRuleDto> {
    return this.change(by, 'created', async (tx) => {
      const now = this.clock.now();
      const rule = { id: newId(), enabled: true, version: 1, createdAt: now, updatedAt: now };
      await tx.insert(RoutingRuleEntity, {
        position: nextPosition(await tx.find(RoutingRuleEntity)),
        ...rule,
        ...columnsOf(dto),
      });
      return { before: null, after: await load(tx, rule.id) };
    });
  }

  /** Takes the version that was read: whoever changes another one would undo what they never saw. */
  update(id: string, changes: RoutingRuleChangesDto, by: ChangeRequest): Promise<RoutingRuleDto> {
    const columns = columnsOf(changes);
    if (Object.keys(columns).length === 0) throw nothingToChange();
    return this.change(by, 'changed', async (tx) => {
      const before = await this.lock(tx, id);
      checkIfMatch(by.ifMatch, before.version, { required: true });
      if (isDeepStrictEqual({ ...audited(before), ...columns }, audited(before))) return { before, after: before };
      const version = before.version + 1;
      await tx.update(RoutingRuleEntity, { id: before.id }, { ...columns, version, updatedAt: this.clock.now() });
      return { before, after: await load(tx, id) };
    });
  }

  async remove(id: string, by: ChangeRequest): Promise<void> {
    await this.change(by, 'deleted', async (tx) => {
      const before = await this.lock(tx, id);
      checkIfMatch(by.ifMatch, before.version, { required: false });
      await tx.delete(RoutingRuleEntity, { id: before.id });
      return { before, after: null };
    });
  }

  private async change(by: Omit<ChangeRequest, 'ifMatch'>, what: string, work: Work): Promise<RoutingRuleDto> {
    const changed = await this.transactions.run(async (tx) => {
      const { before, after } = await work(tx);
      const rule = (after ?? before) as RoutingRuleEntity;
      if (after !== before)
        await this.audit.write(tx, {
          ...{ actor: by.actor, requestId: by.requestId, action: `routing_rule.${what}` },
          ...{ subject: { type: 'routing_rule', id: rule.id }, before: audited(before), after: audited(after) },
        });
      return rule;
    });
    await this.rules.refresh();
    return toRoutingRuleDto(changed);
  }

  /** So that the version that is compared is the one that is replaced. SQLite runs one transaction at a time anyway. */
  private lock(tx: EntityManager, id: string): Promise<RoutingRuleEntity> {
    return load(tx, id, isSqlite(tx) ? undefined : { mode: 'pessimistic_write' });
  }
}

type Work = (tx: EntityManager) => Promise<{ before: RoutingRuleEntity | null; after: RoutingRuleEntity | null }>;

async function load(
  tx: EntityManager,
  id: string,
  lock?: FindOneOptions<RoutingRuleEntity>['lock'],
): Promise<RoutingRuleEntity> {
  const rule = await tx.findOne(RoutingRuleEntity, { where: { id: id.toLowerCase() }, lock });
  if (rule === null) throw notFound(`routing rule ${id}`);
  return rule;
}

function after(cursor: string): FindOptionsWhere<RoutingRuleEntity>[] {
  const [position, id] = decodeCursor(cursor, 2);
  const number = typeof position === 'number' ? position : 0;
  return [{ position: MoreThan(number) }, { position: number, id: MoreThan(String(id)) }];
}

type Columns = Partial<Pick<RoutingRuleEntity, 'position' | 'name' | 'enabled' | 'match' | 'actions'>>;

/** The columns that a request sets; absent fields are left out. A body of `null`, or none at all, sets nothing. */
function columnsOf(changes: RoutingRuleChangesDto | null | undefined): Columns {
  const { match, actions, position, name, enabled } = changes ?? {};
  return given({ position, name, enabled, match: match && given(match), actions: actions && given(actions) });
}

/** As a plain object, which is what comes back from the database. */
function given<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

function audited(rule: RoutingRuleEntity | null): object | null {
  return rule === null ? null : toRoutingRuleDto(rule);
}

function nothingToChange(): Error {
  return invalidRequest([{ path: '', message: 'name at least one field to change' }]);
}
