import { Column, Entity, PrimaryColumn } from 'typeorm';
import { jsonColumn } from '../../common/json-column';
import type { RoutingActions, RoutingMatch, RoutingRule } from './routing-rule';

/** A routing rule as it is kept. Positions need not differ: of the same position, the older rule comes first. */
@Entity('routing_rules')
export class RoutingRuleEntity implements RoutingRule {
  @PrimaryColumn({ type: 'char', length: 36 })
  id: string;

  @Column({ type: 'integer' })
  position: number;

  @Column({ type: 'varchar', length: 200 })
  name: string;

  @Column({ type: 'boolean' })
  enabled: boolean;

  /** Counts every change; the ETag. */
  @Column({ type: 'integer' })
  version: number;

  /** Its column can't be called `match`, which is a word of SQL. */
  @Column({ name: 'conditions', type: 'longtext', transformer: jsonColumn })
  match: RoutingMatch;

  @Column({ type: 'longtext', transformer: jsonColumn })
  actions: RoutingActions;

  @Column({ type: 'datetime', precision: 3 })
  createdAt: Date;

  @Column({ type: 'datetime', precision: 3 })
  updatedAt: Date;
}
