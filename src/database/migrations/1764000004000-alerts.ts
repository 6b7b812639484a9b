import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, nullable, primary } from '../columns';

/** Deliveries as they came, and the alerts (episodes) that they tell of. */
export class Alerts1764000004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(DELIVERIES);
    await runner.createTable(ALERTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [ALERTS, DELIVERIES]) await runner.dropTable(table);
  }
}

const DELIVERIES = new Table({
  name: 'deliveries',
  columns: [
    primary(column.id('id')),
    column.time('receivedAt'),
    column.text('status', 16),
    nullable(column.text('outcome', 16)),
    nullable(column.text('code', 64)),
    nullable(column.hash('dedupKey')),
    nullable(column.id('duplicateOf')),
    nullable(column.id('alertId')),
    nullable(column.integer('workItemId')),
    nullable(column.id('callerAppId')),
    nullable(column.text('requestId', 100)),
    column.longText('body'),
    nullable(column.longText('errors')),
  ],
  indices: [
    new TableIndex({ name: 'ux_deliveries_dedup', columnNames: ['dedupKey'], isUnique: true }),
    new TableIndex({ name: 'ix_deliveries_alert', columnNames: ['alertId'] }),
    new TableIndex({ name: 'ix_deliveries_status', columnNames: ['status', 'id'] }),
  ],
});

const ALERTS = new Table({
  name: 'alerts',
  columns: [
    primary(column.id('id')),
    column.hash('episodeKey'),
    column.text('signature', 80),
    nullable(column.text('orphanKey', 80)),
    column.small('endsSignature'),
    nullable(column.integer('workItemId')),
    nullable(column.time('firedAt')),
    nullable(column.time('lastFiredAt')),
    nullable(column.time('ownResolvedAt')),
    nullable(column.time('resolvedAt')),
    nullable(column.id('resolvedByAlertId')),
    column.integer('occurrences'),
    nullable(column.text('alertRule', 500)),
    nullable(column.text('severity', 32)),
    nullable(column.text('signalType', 64)),
    column.text('monitoringService', 100),
    nullable(column.text('subscriptionId', 64)),
    column.longText('detail'),
    column.text('detailRank', 100),
    column.time('createdAt'),
    column.time('updatedAt'),
  ],
  indices: [
    new TableIndex({ name: 'ux_alerts_episode', columnNames: ['episodeKey'], isUnique: true }),
    new TableIndex({ name: 'ix_alerts_orphan', columnNames: ['orphanKey', 'ownResolvedAt'] }),
    new TableIndex({ name: 'ix_alerts_signature', columnNames: ['signature', 'resolvedAt'] }),
    new TableIndex({ name: 'ix_alerts_work_item', columnNames: ['workItemId'] }),
  ],
});
