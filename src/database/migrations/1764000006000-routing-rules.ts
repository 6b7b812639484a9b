import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { insertRows, sqlTime } from '../../common/sql';
import { column, primary } from '../columns';

const ROUTING_RULES = new Table({
  name: 'routing_rules',
  columns: [
    primary(column.id('id')),
    column.integer('position'),
    column.text('name', 200),
    column.flag('enabled'),
    column.integer('version'),
    column.longText('conditions'),
    column.longText('actions'),
    column.time('createdAt'),
    column.time('updatedAt'),
  ],
});

interface DefaultRule {
  position: number;
  name: string;
  match: object;
  actions: object;
}

/** What a new database starts with; people change it as they like, and what they delete does not come back. */
const DEFAULT_RULES: readonly DefaultRule[] = [
  ruleOf(10, 'Advisor recommendations', ['Activity Log - Recommendation'], {
    type: 'event',
    category: 'recommendation',
  }),
  ruleOf(20, 'Autoscale', ['Activity Log - Autoscale'], { type: 'event', category: 'autoscale' }),
  ruleOf(25, 'Policy', ['Activity Log - Policy'], { type: 'event', category: 'policy' }),
  ruleOf(30, 'Security', ['Activity Log - Security'], { type: 'incident', category: 'security' }),
  ruleOf(40, 'Service Health', ['ServiceHealth'], { type: 'incident', category: 'service health' }),
  ruleOf(50, 'Resource Health', ['Resource Health', 'ResourceHealth'], {
    type: 'incident',
    category: 'resource health',
  }),
  ruleOf(60, 'Azure Backup', ['Azure Backup'], { category: 'backup' }),
  ruleOf(70, 'Cost alerts', ['CostAlerts'], { category: 'cost' }),
  { position: 1000, name: 'Everything else', match: {}, actions: { type: 'incident' } },
];

/** Rules that say what becomes of an alert. */
export class RoutingRules1764000006000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(ROUTING_RULES);
    const columns = ROUTING_RULES.columns.map(({ name }) => name);
    const now = sqlTime(new Date());
    const rows = DEFAULT_RULES.map(({ position, name, match, actions }) => [
      ...[idOf(position), position, name, 1, 1],
      ...[JSON.stringify(match), JSON.stringify(actions), now, now],
    ]);
    await insertRows(runner.manager, 'routing_rules', columns, rows);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(ROUTING_RULES);
  }
}

function ruleOf(position: number, name: string, monitoringService: string[], actions: object): DefaultRule {
  return { position, name, match: { monitoringService }, actions };
}

/** The same in every database, and the older for it than any that people make. */
function idOf(position: number): string {
  return `00000000-0000-7000-8000-${String(position).padStart(12, '0')}`;
}
