import type { Dossier, Origin, Step, TimelineFact } from './dossier';
import { afterOf, isByHand, lastSet, nameIn, openedOf, openerOf, routeKept } from './timeline-facts.rules';

/** Who works on it, and who said so. */
export function assignmentStep(dossier: Dossier): Step {
  const group = groupOrigin(dossier);
  const assignee = assigneeOrigin(dossier);
  const times = [group.at, assignee.at].flatMap((at) => at?.getTime() ?? []);
  return {
    step: 'assignment',
    at: times.length === 0 ? null : new Date(Math.max(...times)),
    summary: `Group ${group.value ?? '(none)'}: ${group.reason}; assignee ${assignee.value ?? '(none)'}: ${assignee.reason}`,
    detail: { assignmentGroup: group, assignee },
  };
}

function groupOrigin(dossier: Dossier): Origin {
  const value = dossier.workItem.assignmentGroup;
  const set = lastSet(dossier, 'assignmentGroup');
  if (set !== null) return setBy(value, set);
  if (isByHand(dossier) || value === null) return unset(dossier, value);
  const route = routeKept(dossier);
  if (route?.assignmentGroup !== value) return notKnown(value);
  const by = route.rule?.name ?? null;
  return {
    value,
    from: 'routing_rule',
    by,
    at: openedOf(dossier)?.at ?? null,
    reason: `set by the routing rule "${by}"`,
  };
}

function assigneeOrigin(dossier: Dossier): Origin {
  const value = dossier.workItem.assignee;
  const set = lastToAssign(dossier);
  if (set === null) return isByHand(dossier) || value === null ? unset(dossier, value) : notKnown(value);
  if (set.kind === 'changed') return setBy(value, set);
  const by = nameIn(set);
  return { value, from: 'person', by, at: set.at, reason: `${by} took it up while nobody was assigned` };
}

/** The entry that made the assignee who it is now: one of an edit, or of taking it up while nobody was assigned. */
function lastToAssign({ timeline }: Dossier): TimelineFact | null {
  let last: TimelineFact | null = null;
  let assignee: unknown = null;
  for (const fact of timeline) {
    const after = assigneeAfter(fact, assignee);
    if (after === undefined) continue;
    assignee = after;
    last = fact;
  }
  return last;
}

function assigneeAfter(fact: TimelineFact, before: unknown): unknown {
  const { kind, detail } = fact;
  if (kind === 'changed') return afterOf(fact, 'assignee');
  const isTakenUp = (kind === 'in_progress' || kind === 'reopened') && detail.assignee === detail.by;
  return isTakenUp && before === null && detail.by !== undefined ? detail.assignee : undefined;
}

function setBy(value: string | null, fact: TimelineFact): Origin {
  const by = nameIn(fact);
  return { value, from: 'person', by, at: fact.at, reason: `${value === null ? 'cleared' : 'set'} by ${by}` };
}

function unset(dossier: Dossier, value: string | null): Origin {
  if (value === null) return { value, from: 'nobody', by: null, at: null, reason: 'nobody has set it' };
  const by = openerOf(dossier);
  const at = openedOf(dossier)?.at ?? null;
  return { value, from: 'opened_by_hand', by, at, reason: `given by ${by} when opening it` };
}

function notKnown(value: string | null): Origin {
  return { value, from: 'unknown', by: null, at: null, reason: 'the timeline no longer tells' };
}
