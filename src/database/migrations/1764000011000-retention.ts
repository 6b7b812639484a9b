import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Finds the deliveries whose body is still kept, the oldest first, without a look at those whose body is gone. */
export class Retention1764000011000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex('deliveries', WITH_PAYLOAD);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('deliveries', WITH_PAYLOAD);
  }
}

const WITH_PAYLOAD = new TableIndex({
  name: 'ix_deliveries_payload',
  columnNames: ['payloadRemovedAt', 'status', 'receivedAt'],
});
