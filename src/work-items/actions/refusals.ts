import { DomainError, invalidRequest } from '../../common/errors';
import type { WorkItemState } from '../lifecycle.rules';
import type { MoveRefusal } from '../move.rules';
import { numberOf } from '../number.rules';
import { idOf } from '../work-item.store';
import type { WorkItemRecord } from '../work-item.record';

/** The answer to a move that can't be made. */
export function refusedMove(workItem: WorkItemRecord, refusal: MoveRefusal): DomainError {
  switch (refusal.kind) {
    case 'illegal': {
      const { from, to, allowed } = refusal;
      const detail = `${nameOf(workItem)} is ${from} and can't become ${to}${choiceOf(allowed)}.`;
      return new DomainError(409, 'illegal_transition', detail, { from, to, allowed });
    }
    case 'forbidden': {
      const { from, to, allowed, needs } = refusal;
      const detail = `Moving ${nameOf(workItem)} from ${from} to ${to} takes the role ${needs}${choiceOf(allowed)}.`;
      return new DomainError(403, 'forbidden', detail, { from, to, allowed });
    }
    case 'superseded': {
      const { from, to, allowed, by } = refusal;
      const detail = `${by} has the alerts of ${nameOf(workItem)} now: work there.`;
      return new DomainError(409, 'superseded', detail, { from, to, allowed, workItem: by });
    }
    case 'invalid':
      return invalidRequest(refusal.errors);
  }
}

/** The answer to a change of what is closed or canceled. */
export function isFinalAlready(workItem: WorkItemRecord): DomainError {
  const detail = `${nameOf(workItem)} is ${workItem.state}; nothing changes it any more. A comment can still be added.`;
  return new DomainError(409, 'work_item_final', detail, { state: workItem.state });
}

function nameOf(workItem: WorkItemRecord): string {
  return numberOf({ type: workItem.type, id: idOf(workItem) });
}

function choiceOf(allowed: readonly WorkItemState[]): string {
  return allowed.length === 0 ? '' : `; it can become ${allowed.join(', ')}`;
}
