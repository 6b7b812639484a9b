import { Column, Entity, Index, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { jsonColumn } from '../../common/json-column';

/** mysql2 answers a bigint as text. */
const count: ValueTransformer = { to: (value: unknown) => value, from: Number };

/** A caller: an application id that may post alerts. */
@Entity('allowed_apps')
export class AllowedAppEntity {
  @PrimaryColumn({ type: 'char', length: 36 })
  id: string;

  /** Lower case. */
  @Index('ux_allowed_apps_app_id', { unique: true })
  @Column({ type: 'char', length: 36 })
  appId: string;

  @Column({ type: 'varchar', length: 200 })
  name: string;

  /** ARM ids; empty = the whole tenant. */
  @Column({ type: 'longtext', transformer: jsonColumn })
  scopes: string[];

  @Column({ type: 'boolean' })
  enabled: boolean;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  expiresAt: Date | null;

  @Column({ type: 'varchar', length: 2000, nullable: true })
  notes: string | null;

  /** These three are written in sums every few seconds. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  lastSeenAt: Date | null;

  @Column({ type: 'bigint', default: 0, transformer: count })
  acceptedCount: number;

  @Column({ type: 'bigint', default: 0, transformer: count })
  rejectedCount: number;

  @Column({ type: 'datetime', precision: 3 })
  createdAt: Date;

  @Column({ type: 'datetime', precision: 3 })
  updatedAt: Date;
}

/** Something that is done once in the life of a database, such as the first filling of the allowlist. */
@Entity('set_up_steps')
export class SetUpStepEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  name: string;

  @Column({ type: 'datetime', precision: 3 })
  doneAt: Date;
}
