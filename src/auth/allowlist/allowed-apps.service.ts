import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, MoreThan, type EntityManager, type FindOneOptions } from 'typeorm';
import type { Actor } from '../../audit/actor';
import { AuditWriter } from '../../audit/audit-writer';
import { Clock } from '../../common/clock';
import { DomainError, invalidRequest, notFound } from '../../common/errors';
import { newId } from '../../common/ids';
import { decodeCursor, pageOf, type Page, type PageQuery } from '../../common/pagination';
import { isSqlite } from '../../common/sql';
import { Transactions } from '../../common/transactions';
import {
  columnsOf,
  toAllowedAppDto,
  type AllowedAppChangesDto,
  type AllowedAppDto,
  type NewAllowedAppDto,
} from './allowed-app.dto';
import { AllowedAppEntity } from './allowed-app.entity';
import { Allowlist } from './allowlist';

/** Who asks for a change, and by which request. */
export interface ChangedBy {
  actor: Actor;
  requestId: string;
}

/** What administrators do to the allowlist. Each change is audited (one that changes nothing is none), and in force on this instance when it returns. */
@Injectable()
export class AllowedAppsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditWriter,
    private readonly allowlist: Allowlist,
    private readonly clock: Clock,
  ) {}

  async list({ limit, cursor }: PageQuery): Promise<Page<AllowedAppDto>> {
    const after = cursor === undefined ? '' : String(decodeCursor(cursor, 1)[0]);
    const where = { id: MoreThan(after) };
    const rows = await this.dataSource.manager.find(AllowedAppEntity, { where, order: { id: 'ASC' }, take: limit + 1 });
    return pageOf(rows, limit, { item: toAllowedAppDto, position: (row) => [row.id] });
  }

  async get(id: string): Promise<AllowedAppDto> {
    return toAllowedAppDto(await this.load(this.dataSource.manager, id));
  }

  async create(dto: NewAllowedAppDto, by: ChangedBy): Promise<AllowedAppDto> {
    checkExpiry(dto, this.clock.now());
    return this.change(by, 'created', async (tx) => {
      if (await tx.existsBy(AllowedAppEntity, { appId: dto.appId })) throw alreadyAllowed(dto.appId);
      const now = this.clock.now();
      const id = newId();
      await tx.insert(AllowedAppEntity, {
        ...{ scopes: [], enabled: true, expiresAt: null, notes: null },
        ...columnsOf(dto),
        ...{ id, appId: dto.appId, createdAt: now, updatedAt: now },
      });
      return { before: null, after: await this.load(tx, id) };
    });
  }

  update(id: string, changes: AllowedAppChangesDto, by: ChangedBy): Promise<AllowedAppDto> {
    const columns = columnsOf(changes);
    if (Object.keys(columns).length === 0) throw nothingToChange();
    return this.change(by, 'changed', async (tx) => {
      const before = await this.lock(tx, id);
      if (isDeepStrictEqual({ ...audited(before), ...columns }, audited(before))) return { before, after: before };
      await tx.update(AllowedAppEntity, { id: before.id }, { ...columns, updatedAt: this.clock.now() });
      return { before, after: await this.load(tx, id) };
    });
  }

  async remove(id: string, by: ChangedBy): Promise<void> {
    await this.change(by, 'deleted', async (tx) => {
      const before = await this.lock(tx, id);
      await tx.delete(AllowedAppEntity, { id: before.id });
      return { before, after: null };
    });
  }

  private async change(by: ChangedBy, what: string, work: Work): Promise<AllowedAppDto> {
    const changed = await this.transactions.run(async (tx) => {
      const { before, after } = await work(tx);
      const entry = { actor: by.actor, action: `allowed_app.${what}`, requestId: by.requestId };
      const subject = { type: 'allowed_app', id: ((after ?? before) as AllowedAppEntity).id };
      if (after !== before)
        await this.audit.write(tx, { ...entry, subject, before: audited(before), after: audited(after) });
      return (after ?? before) as AllowedAppEntity;
    });
    await this.allowlist.refresh();
    return toAllowedAppDto(changed);
  }

  /** So that what the audit trail calls "before" is what this change replaced. SQLite runs one transaction at a time anyway. */
  private lock(tx: EntityManager, id: string): Promise<AllowedAppEntity> {
    return this.load(tx, id, isSqlite(tx) ? undefined : { mode: 'pessimistic_write' });
  }

  private async load(
    tx: EntityManager,
    id: string,
    lock?: FindOneOptions<AllowedAppEntity>['lock'],
  ): Promise<AllowedAppEntity> {
    const app = await tx.findOne(AllowedAppEntity, { where: { id: id.toLowerCase() }, lock });
    if (app === null) throw notFound(`allowed app ${id}`);
    return app;
  }
}

type Work = (tx: EntityManager) => Promise<{ before: AllowedAppEntity | null; after: AllowedAppEntity | null }>;

/** Of a new entry only: a change to the past is how access ends now. */
function checkExpiry({ expiresAt }: NewAllowedAppDto, now: Date): void {
  if (!expiresAt || expiresAt > now) return;
  const message = `must be in the future: with ${expiresAt.toISOString()} the caller would be refused from the start`;
  throw invalidRequest([{ path: 'expiresAt', message }]);
}

function alreadyAllowed(appId: string): DomainError {
  return new DomainError(409, 'already_allowed', `Application ${appId} is on the allowlist already.`);
}

function nothingToChange(): DomainError {
  const errors = [{ path: '', message: 'name at least one field to change' }];
  return new DomainError(400, 'invalid_request', 'Name at least one field to change.', { errors });
}

/** Counters are no one's change. */
function audited(app: AllowedAppEntity | null): object | null {
  if (app === null) return null;
  const { id, appId, name, scopes, enabled, expiresAt, notes } = app;
  return { id, appId, name, scopes, enabled, expiresAt, notes };
}
