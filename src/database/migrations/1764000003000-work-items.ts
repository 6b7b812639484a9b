import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, nullable, primary } from '../columns';

/** Work items, their timeline, and the slot that each signature has for its current work item. */
export class WorkItems1764000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(WORK_ITEMS);
    await runner.createTable(SIGNATURES);
    await runner.createTable(TIMELINE);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [TIMELINE, SIGNATURES, WORK_ITEMS]) await runner.dropTable(table);
  }
}

const WORK_ITEMS = new Table({
  name: 'work_items',
  columns: [
    column.serial('id'),
    column.text('type', 16),
    column.text('state', 16),
    nullable(column.text('holdReason', 32)),
    column.text('title', 255),
    nullable(column.longText('description')),
    column.small('impact'),
    column.small('urgency'),
    column.small('priority'),
    column.text('priorityReason', 500),
    nullable(column.text('category', 100)),
    nullable(column.text('assignmentGroup', 100)),
    nullable(column.text('assignee', 200)),
    column.text('source', 32),
    column.time('openedAt'),
    nullable(column.time('acknowledgedAt')),
    nullable(column.time('resolvedAt')),
    nullable(column.text('resolvedBy', 200)),
    nullable(column.time('closedAt')),
    nullable(column.text('resolutionCode', 32)),
    nullable(column.longText('resolutionNotes')),
    column.integer('reopenCount'),
    column.integer('alertCount'),
    column.integer('firingCount'),
    nullable(column.time('lastResolvedAt')),
    nullable(column.integer('previousWorkItemId')),
    nullable(column.text('signature', 80)),
    nullable(column.text('monitoringService', 100)),
    nullable(column.text('alertRule', 500)),
    nullable(column.text('subscriptionId', 64)),
    nullable(column.hash('leadKey')),
    nullable(column.id('openedByDeliveryId')),
    column.integer('version'),
    column.time('createdAt'),
    column.time('updatedAt'),
  ],
  indices: [
    new TableIndex({ name: 'ix_work_items_opened', columnNames: ['openedAt'] }),
    new TableIndex({ name: 'ix_work_items_updated', columnNames: ['updatedAt'] }),
    new TableIndex({ name: 'ix_work_items_state', columnNames: ['state', 'openedAt'] }),
    new TableIndex({ name: 'ix_work_items_priority', columnNames: ['priority', 'openedAt'] }),
    new TableIndex({ name: 'ix_work_items_signature', columnNames: ['signature'] }),
    new TableIndex({ name: 'ix_work_items_opened_by', columnNames: ['openedByDeliveryId'] }),
  ],
});

const SIGNATURES = new Table({
  name: 'signatures',
  columns: [primary(column.text('signature', 80)), nullable(column.integer('workItemId'))],
});

const TIMELINE = new Table({
  name: 'timeline_entries',
  columns: [
    column.serial('id'),
    column.integer('workItemId'),
    column.text('kind', 32),
    column.time('at'),
    column.time('recordedAt'),
    column.text('actor', 200),
    column.text('summary', 500),
    nullable(column.id('deliveryId')),
    nullable(column.longText('detail')),
  ],
  indices: [new TableIndex({ name: 'ix_timeline_entries_work_item', columnNames: ['workItemId', 'id'] })],
});
