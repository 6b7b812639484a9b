import { ApiProperty } from '@nestjs/swagger';
import { STEPS, type Step } from './dossier';

/** One step on the way from a delivery to what a work item is now. */
export class ExplanationStepDto implements Step {
  @ApiProperty({ enum: STEPS })
  step: Step['step'];
  /** When it was decided, in the payload's time where an alert decided it; null where it does not apply or is not known. */
  at: Date | null;
  /** In one line. */
  summary: string;
  /**
   * The evidence, by step; null where the step does not apply. `delivery`: deliveryId, receivedAt, callerAppId and
   * requestId (for `Admin`, else null), deliveries (how many in all). `identity`: family, signature, signatureParts,
   * episodeKey, alerts, alertsInAll. `placement`: reason, previousWorkItem, occurrences, reopenCount, lastJoined,
   * lastReopened. `routing`: rule (name and position; for `Manager` id and version as well), set, today (by the rules of
   * today: rule, and skipped, which is what the rules before it ask for, for `Manager`, else null). `binding`:
   * configurationItems, openTasks, takenOff. `priority`: priority, impact and urgency, and `assignment`: assignmentGroup
   * and assignee, each with value, from, by, at, reason. `state`: state, since, lastMove, firing, flappingUntil,
   * autoResolve, reopenUntil, nextTimer.
   */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  detail: Record<string, unknown> | null;
}

/** Why a work item is what it is. */
export class ExplanationDto {
  /** Its number. */
  workItem: string;
  /** In this order: delivery, identity, placement, routing, binding, priority, assignment, state. */
  steps: ExplanationStepDto[];
}
