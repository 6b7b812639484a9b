import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { FitsColumn, IsGiven, IsPresent } from '../../common/validators';
import {
  HOLD_REASONS,
  RESOLUTION_CODES,
  WORK_ITEM_STATES,
  WORK_ITEM_TYPES,
  type HoldReason,
  type ResolutionCode,
  type WorkItemState,
  type WorkItemType,
} from '../lifecycle.rules';

/** Characters of a long text. */
const MAX_TEXT = 10_000;
/** Work items that one call may change. */
const MAX_BULK = 200;

const NOT_BLANK = /\S/;

/** What is shown in lists must not break their lines, or show them in another order. */
const ONE_LINE = /^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]*$/u;
const ONE_LINE_FAULT = { message: 'title must be one line, without control characters' };

/** Blanks around a text mean nothing, and a text of nothing else is none. */
const IsTrimmed = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() || null : value));

/** Where a work item is to go, and what is needed for that. */
export class TransitionDto {
  /** The state to move it to. */
  @IsIn(WORK_ITEM_STATES)
  to: WorkItemState;

  /** What it waits for; needed to put it on hold. */
  @ApiPropertyOptional({ enum: HOLD_REASONS })
  @IsGiven()
  @IsIn(HOLD_REASONS)
  holdReason?: HoldReason;

  /** Needed to resolve it; an Operator needs `duplicate` or `false_positive` to cancel it. */
  @ApiPropertyOptional({ enum: RESOLUTION_CODES })
  @IsGiven()
  @IsIn(RESOLUTION_CODES)
  resolutionCode?: ResolutionCode;

  /** How it was resolved; needed to resolve it. */
  @IsGiven()
  @IsString()
  @MaxLength(MAX_TEXT)
  resolutionNotes?: string;

  /** Why; needed to resolve it while one of its alerts still fires. */
  @IsGiven()
  @IsString()
  @MaxLength(MAX_TEXT)
  reason?: string;
}

class AssignmentFields {
  /** The group that works on it; null = none. */
  @IsPresent()
  @IsTrimmed()
  @IsString()
  @FitsColumn(100)
  assignmentGroup?: string | null;

  /** Who works on it; null = nobody. */
  @IsPresent()
  @IsTrimmed()
  @IsString()
  @FitsColumn(200)
  assignee?: string | null;
}

class WorkItemFields extends AssignmentFields {
  /** More about it; null = nothing. */
  @IsPresent()
  @IsString()
  @MaxLength(MAX_TEXT)
  description?: string | null;

  /** 1 (worst) to 3. */
  @IsGiven()
  @IsInt()
  @Min(1)
  @Max(3)
  impact?: number;

  /** 1 (worst) to 3. */
  @IsGiven()
  @IsInt()
  @Min(1)
  @Max(3)
  urgency?: number;

  /** What kind of trouble it is; null = none. */
  @IsPresent()
  @IsTrimmed()
  @IsString()
  @FitsColumn(100)
  category?: string | null;
}

/** What can be changed about a work item; fields that are left out stay as they are. Alerts no longer change what is set here. */
export class WorkItemChangesDto extends WorkItemFields {
  /** What is wrong with what, in one line. */
  @IsGiven()
  @IsString()
  @Length(1, 255)
  @FitsColumn(255)
  @Matches(NOT_BLANK, { message: 'title must not be blank' })
  @Matches(ONE_LINE, ONE_LINE_FAULT)
  title?: string;

  /** 1 (worst) to 5 in place of what impact and urgency make it (needs Manager and `priorityReason`); null = theirs again. */
  @IsPresent()
  @IsInt()
  @Min(1)
  @Max(5)
  priority?: number | null;

  /** Why the priority is another. */
  @IsGiven()
  @IsString()
  @FitsColumn(250)
  priorityReason?: string;
}

/** A work item that a person opens. */
export class NewWorkItemDto extends WorkItemFields {
  /** What is wrong with what, in one line. */
  @IsString()
  @Length(1, 255)
  @FitsColumn(255)
  @Matches(NOT_BLANK, { message: 'title must not be blank' })
  @Matches(ONE_LINE, ONE_LINE_FAULT)
  title: string;

  @ApiPropertyOptional({ enum: WORK_ITEM_TYPES, default: 'incident' })
  @IsGiven()
  @IsIn(WORK_ITEM_TYPES)
  type: WorkItemType = 'incident';

  /** Ids of the configuration items that it is about, the one that is affected most first. */
  @IsGiven()
  @IsArray()
  @ArrayMaxSize(50)
  @IsUUID(undefined, { each: true })
  configurationItemIds?: string[];
}

/** Something to write into the timeline. */
export class NewCommentDto {
  /** What is said; plain text. */
  @IsString()
  @Length(1, MAX_TEXT)
  @Matches(NOT_BLANK, { message: 'text must not be blank' })
  text: string;

  /** `work_note` for those who work on it, `comment` for all. */
  @ApiProperty({ enum: ['work_note', 'comment'] })
  @IsIn(['work_note', 'comment'])
  kind: 'work_note' | 'comment';
}

/** How a configuration item is bound by hand. */
export class ManualBindingDto {
  /** `primary` = what it is about; without it as it is, and a new one primary if there is no other. */
  @ApiPropertyOptional({ enum: ['primary', 'affected'] })
  @IsGiven()
  @IsIn(['primary', 'affected'])
  role?: 'primary' | 'affected';
}

/** Numbers such as `INC0000001`. */
function AreNumbers(): PropertyDecorator {
  return applyDecorators(
    IsArray(),
    ArrayMinSize(1),
    ArrayMaxSize(MAX_BULK),
    IsString({ each: true }),
    MaxLength(40, { each: true }),
  );
}

/** A transition of many work items. */
export class BulkTransitionDto extends TransitionDto {
  /** Numbers of the work items, such as `INC0000001`; 200 at most. */
  @AreNumbers()
  numbers: string[];
}

/** An assignment of many work items. */
export class BulkAssignmentDto extends AssignmentFields {
  /** Numbers of the work items, such as `INC0000001`; 200 at most. */
  @AreNumbers()
  numbers: string[];
}

/** Why one work item of many was not changed. */
export class BulkErrorDto {
  /** The HTTP status that it would have been alone. */
  status: number;
  code: string;
  detail: string;
}

/** What became of one work item of many. */
export class BulkResultDto {
  /** As asked for. */
  number: string;
  /** Its state now; null where there is no such work item. */
  @ApiProperty({ enum: WORK_ITEM_STATES, nullable: true })
  state: WorkItemState | null;
  /** Its version now. */
  version: number | null;
  /** null = it was done. */
  error: BulkErrorDto | null;
}

/** What became of each, in the order asked for. */
export class BulkResultsDto {
  succeeded: number;
  failed: number;
  results: BulkResultDto[];
}
