import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { ALIAS_SOURCES, type AliasSource, type CiAlias } from './alias.rules';

/** Another way by which alerts may name a configuration item, and where it comes from. */
export class AliasDto {
  id: string;
  /** As it was given: an ARM id, an FQDN, a host name or an IP address. */
  value: string;
  /** A person entered it, an import told it, it is the ARM id from before a move, or the answer to a binding task taught it. */
  @ApiProperty({ enum: ALIAS_SOURCES })
  source: AliasSource;
  /** The binding task whose answer taught it. */
  taskId: string | null;
  /** Who; null where nobody is on record. */
  createdBy: string | null;
  createdAt: Date;
}

/** One page of aliases, the oldest first. */
export class AliasPageDto {
  items: AliasDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** An alias to give to a configuration item. */
export class NewAliasDto {
  /** An ARM id, an FQDN, a host name or an IP address; compares without regard to case. */
  @IsString()
  @Length(1, 2_048)
  value: string;
}

/** An alias as the API shows it. */
export function toAliasDto({ createdAt, ...alias }: CiAlias): AliasDto {
  return { ...alias, createdAt: new Date(createdAt) };
}
