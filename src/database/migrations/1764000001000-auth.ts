import { Table, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';
import { column, nullable, primary } from '../columns';

const count = (name: string): TableColumnOptions => ({ name, type: 'bigint', default: 0 });

const ALLOWED_APPS = new Table({
  name: 'allowed_apps',
  columns: [
    primary(column.id('id')),
    column.id('appId'),
    column.text('name', 200),
    column.longText('scopes'),
    column.flag('enabled'),
    nullable(column.time('expiresAt')),
    nullable(column.text('notes', 2_000)),
    nullable(column.time('lastSeenAt')),
    count('acceptedCount'),
    count('rejectedCount'),
    column.time('createdAt'),
    column.time('updatedAt'),
  ],
  indices: [{ name: 'ux_allowed_apps_app_id', columnNames: ['appId'], isUnique: true }],
});

const SET_UP_STEPS = new Table({
  name: 'set_up_steps',
  columns: [primary(column.text('name', 64)), column.time('doneAt')],
});

const AUTH_REJECTIONS = new Table({
  name: 'auth_rejections',
  columns: [
    primary(column.id('id')),
    column.time('occurredAt'),
    column.text('reason', 32),
    column.text('detail', 500),
    column.text('requestId', 100),
    column.text('method', 16),
    column.text('path', 500),
    column.text('remoteAddress', 64),
    nullable(column.text('appId', 64)),
    nullable(column.text('objectId', 64)),
    nullable(column.text('tenantId', 64)),
    column.longText('roles'),
    column.flag('verified'),
  ],
  indices: [
    { name: 'ix_auth_rejections_reason', columnNames: ['reason', 'id'] },
    { name: 'ix_auth_rejections_app_id', columnNames: ['appId', 'id'] },
    { name: 'ix_auth_rejections_request_id', columnNames: ['requestId'] },
    { name: 'ix_auth_rejections_occurred_at', columnNames: ['occurredAt'] },
  ],
});

const AUDIT_EVENTS = new Table({
  name: 'audit_events',
  columns: [
    primary(column.id('id')),
    column.time('occurredAt'),
    column.text('actorKind', 16),
    column.text('actorId', 100),
    nullable(column.text('actorName', 200)),
    column.text('action', 64),
    column.text('subjectType', 64),
    column.text('subjectId', 100),
    nullable(column.longText('valueBefore')),
    nullable(column.longText('valueAfter')),
    nullable(column.text('requestId', 100)),
  ],
  indices: [
    { name: 'ix_audit_events_subject', columnNames: ['subjectType', 'subjectId', 'id'] },
    { name: 'ix_audit_events_actor', columnNames: ['actorId', 'id'] },
    { name: 'ix_audit_events_action', columnNames: ['action', 'id'] },
    { name: 'ix_audit_events_occurred_at', columnNames: ['occurredAt'] },
  ],
});

const TABLES = [ALLOWED_APPS, SET_UP_STEPS, AUTH_REJECTIONS, AUDIT_EVENTS];

/** Callers, refused calls and the audit trail. */
export class Auth1764000001000 implements MigrationInterface {
  name = 'Auth1764000001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.createTable(table);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await queryRunner.dropTable(table);
  }
}
