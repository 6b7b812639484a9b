import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { column, nullable, primary } from '../columns';

/** Configuration items, the keys that find them, and what binds work items to them. */
export class Cmdb1764000002000 implements MigrationInterface {
  readonly name = 'Cmdb1764000002000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of [configurationItems(), ciKeys(), bindings(), bindingTasks()]) {
      await queryRunner.createTable(table);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of ['binding_tasks', 'bindings', 'ci_keys', 'configuration_items']) {
      await queryRunner.dropTable(name);
    }
  }
}

function configurationItems(): Table {
  return new Table({
    name: 'configuration_items',
    columns: [
      primary(column.id('id')),
      column.text('name', 255),
      column.text('nameKey', 255),
      column.text('className', 100),
      nullable(column.longText('resourceId')),
      nullable(column.hash('canonicalKeyHash')),
      nullable(column.text('resourceType', 255)),
      nullable(column.text('subscriptionId', 255)),
      nullable(column.text('resourceGroup', 255)),
      nullable(column.text('location', 100)),
      nullable(column.text('environment', 100)),
      nullable(column.small('criticality')),
      nullable(column.text('supportGroup', 255)),
      column.text('status', 20),
      column.flag('stub'),
      column.longText('tags'),
      column.longText('aliases'),
      column.integer('version'),
      column.time('createdAt'),
      column.time('updatedAt'),
    ],
    indices: [
      { name: 'uq_configuration_items_canonical_key', columnNames: ['canonicalKeyHash'], isUnique: true },
      { name: 'ix_configuration_items_name', columnNames: ['nameKey', 'id'] },
      { name: 'ix_configuration_items_class', columnNames: ['className', 'id'] },
      { name: 'ix_configuration_items_type', columnNames: ['resourceType', 'id'] },
      { name: 'ix_configuration_items_status', columnNames: ['status', 'id'] },
      { name: 'ix_configuration_items_stub', columnNames: ['stub', 'id'] },
      { name: 'ix_configuration_items_subscription', columnNames: ['subscriptionId', 'id'] },
    ],
  });
}

function ciKeys(): Table {
  return new Table({
    name: 'ci_keys',
    columns: [
      { ...primary(column.hash('keyHash')), primaryKeyConstraintName: 'pk_ci_keys' },
      { ...primary(column.id('ciId')), primaryKeyConstraintName: 'pk_ci_keys' },
      column.text('kind', 20),
    ],
    indices: [{ name: 'ix_ci_keys_item', columnNames: ['ciId'] }],
  });
}

function bindings(): Table {
  return new Table({
    name: 'bindings',
    columns: [
      { ...primary(column.integer('workItemId')), primaryKeyConstraintName: 'pk_bindings' },
      { ...primary(column.id('ciId')), primaryKeyConstraintName: 'pk_bindings' },
      column.flag('isLead'),
      column.flag('isRemoved'),
      column.text('method', 20),
      column.integer('confidence'),
      column.text('source', 255),
      column.text('boundBy', 10),
      column.time('createdAt'),
    ],
    indices: [{ name: 'ix_bindings_item', columnNames: ['ciId', 'workItemId'] }],
  });
}

function bindingTasks(): Table {
  return new Table({
    name: 'binding_tasks',
    columns: [
      primary(column.id('id')),
      column.integer('workItemId'),
      column.text('workItemNumber', 20),
      column.hash('valueHash'),
      column.longText('value'),
      column.text('source', 255),
      column.text('status', 10),
      column.text('reason', 10),
      column.longText('candidateIds'),
      column.time('createdAt'),
      nullable(column.time('resolvedAt')),
    ],
    indices: [
      { name: 'uq_binding_tasks_value', columnNames: ['workItemId', 'valueHash'], isUnique: true },
      { name: 'ix_binding_tasks_value', columnNames: ['valueHash', 'status'] },
      { name: 'ix_binding_tasks_status', columnNames: ['status', 'id'] },
    ],
  });
}
