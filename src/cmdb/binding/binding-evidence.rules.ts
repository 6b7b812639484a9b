/** How an item was found, best evidence first; `manual` = a person said so. */
export const BINDING_CONFIDENCE = {
  manual: 100,
  arm_id: 100,
  arm_alias: 95,
  parent_resource: 80,
  scoped_name: 75,
  alias: 70,
  unique_name: 60,
} as const;

export type BindingMethod = keyof typeof BINDING_CONFIDENCE;

/** Why a value could not be bound: no item is known by it, several are equally good, or the one that is has retired. */
export const TASK_REASONS = ['unmatched', 'ambiguous', 'retired'] as const;
export type TaskReason = (typeof TASK_REASONS)[number];

/**
 * Why an item that a value might have meant was not bound: it has retired, it is in another place than the alert speaks from, or
 * what speaks for it is weaker than what speaks for the one that was bound.
 */
export const LOSING_REASONS = ['retired', 'elsewhere', 'weaker_evidence'] as const;
export type LosingReason = (typeof LOSING_REASONS)[number];

/** An item that a value might have meant. */
export interface OtherCandidate {
  ciId: string;
  name: string;
  method: BindingMethod;
  /** 0 to 100. */
  confidence: number;
  reason: LosingReason;
}

/** What speaks for a binding. */
export interface Evidence {
  method: BindingMethod;
  /** 0 to 100. */
  confidence: number;
  /** Path of the payload field that it came from. */
  source: string;
}

/** Negative where `left` is the better evidence; zero only for equals, so that the best of a set depends on no order. */
export function compareEvidence(left: Evidence, right: Evidence): number {
  return (
    right.confidence - left.confidence ||
    compareText(left.method, right.method) ||
    compareText(left.source, right.source)
  );
}

/** By code unit, the same on every machine. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
