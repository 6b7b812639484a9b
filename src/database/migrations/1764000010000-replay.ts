import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, nullable, primary } from '../columns';

/** What was tried with a delivery, when its body was removed, and the indexes of the list of deliveries and of the retention. */
export class Replay1764000010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(DELIVERY_ATTEMPTS);
    await runner.addColumns('deliveries', [new TableColumn(nullable(column.time('payloadRemovedAt')))]);
    await runner.dropIndex('deliveries', STATUS_BEFORE);
    for (const index of INDICES) await runner.createIndex('deliveries', index);
    await runner.createIndex('alerts', ENDED_BY);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('alerts', ENDED_BY);
    for (const index of INDICES.toReversed()) await runner.dropIndex('deliveries', index);
    await runner.createIndex('deliveries', STATUS_BEFORE);
    await runner.dropColumns('deliveries', ['payloadRemovedAt']);
    await runner.dropTable(DELIVERY_ATTEMPTS);
  }
}

const STATUS_BEFORE = new TableIndex({ name: 'ix_deliveries_status', columnNames: ['status', 'id'] });

/** Each filter has an index that goes on by the time of arrival, in which the list is ordered. */
const INDICES = [
  new TableIndex({ name: 'ix_deliveries_status', columnNames: ['status', 'receivedAt', 'id'] }),
  new TableIndex({ name: 'ix_deliveries_received', columnNames: ['receivedAt', 'id'] }),
  new TableIndex({ name: 'ix_deliveries_code', columnNames: ['code', 'receivedAt', 'id'] }),
  new TableIndex({ name: 'ix_deliveries_caller', columnNames: ['callerAppId', 'receivedAt', 'id'] }),
  new TableIndex({ name: 'ix_deliveries_outcome', columnNames: ['outcome', 'receivedAt', 'id'] }),
];

/** Whom an orphan has ended: it has to stay as long as one of them does. */
const ENDED_BY = new TableIndex({ name: 'ix_alerts_ended_by', columnNames: ['resolvedByAlertId'] });

const DELIVERY_ATTEMPTS = new Table({
  name: 'delivery_attempts',
  columns: [
    primary(column.id('id')),
    column.id('deliveryId'),
    column.time('at'),
    column.text('actor', 150),
    nullable(column.text('actorName', 200)),
    column.text('kind', 16),
    column.text('outcome', 16),
    nullable(column.text('code', 64)),
    nullable(column.text('error', 1_000)),
  ],
  indices: [new TableIndex({ name: 'ix_delivery_attempts_delivery', columnNames: ['deliveryId', 'id'] })],
});
