import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { IsGiven } from '../../common/validators';
import { BindingTaskDto } from '../../cmdb/triage/binding-task.dto';

/** The answer to a binding task. */
export class BindingAnswerDto {
  /** The configuration item that the value means. */
  @IsUUID()
  configurationItemId: string;

  /** The value becomes an alias of the item, and all open tasks that wait for it are looked at again. */
  @ApiPropertyOptional({ default: false })
  @IsGiven()
  @IsBoolean()
  learnAlias?: boolean;
}

/** Why there is nothing to bind. */
export class DismissalDto {
  /** For the timeline and the audit trail. */
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500 })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string | null;
}

/** A binding task as it was answered. */
export class AnsweredBindingTaskDto extends BindingTaskDto {
  /** Other tasks that were open for the same value; with `learnAlias` they are looked at now. */
  alsoWaiting: number;
}
