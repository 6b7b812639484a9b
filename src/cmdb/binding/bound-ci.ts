import type { NameScope } from '../identity/ci-keys.rules';
import type { BindingMethod, Evidence, OtherCandidate, TaskReason } from './binding-evidence.rules';
import type { ReachedItem } from '../relations/impact-walk.rules';
import type { CiReference } from './ci-reference';

/** `primary` = the item that an alert is about; `affected` = also named, or a mere container of what is affected. */
export type CiRole = 'primary' | 'affected';

/** What one alert says about configuration items; `key` is the caller's, and finds the answer. */
export interface BindingRequest {
  key: string;
  references: readonly CiReference[];
}

/** An item of the CMDB that an alert was bound to, with what routing and priority want to know of it. */
export interface BoundCi extends Evidence {
  ciId: string;
  name: string;
  className: string;
  resourceId: string | null;
  resourceType: string | null;
  /** 1 is the most critical, 3 the least; null = nobody said. */
  criticality: number | null;
  /** Whether some other item would be hit with it. */
  hasDependents: boolean;
  supportGroup: string | null;
  environment: string | null;
  tags: Readonly<Record<string, string>>;
  role: CiRole;
  /** A container (workspace, vault, subscription …), bound for want of anything better. */
  isContainer: boolean;
  /** What the alert called it, in lower case; an open task for one of these has its answer. */
  values: readonly string[];
  /** Items that the same value might have meant. */
  others: readonly OtherCandidate[];
}

/** Where an alert speaks from; a bare name is looked for there first. */
export interface AlertScopes {
  resourceGroups: readonly NameScope[];
  subscriptions: readonly NameScope[];
}

/** How an alert named something, beside the value: with the same, the same is found again. */
export interface Asked {
  role: CiReference['role'];
  scopes: AlertScopes;
  /** As a machine, which no container is; absent in questions that say nothing of it. */
  isMachine?: boolean;
}

/** A value that no item was bound for, and why. */
export interface OpenValue {
  reason: TaskReason;
  /** As the payload spelled it. */
  value: string;
  source: string;
  /** Sorted; empty for `unmatched`. */
  candidateIds: readonly string[];
  asked: Asked;
}

/** A value whose task was closed, and the item that answers to it. */
export interface AnsweredValue {
  taskId: string;
  value: string;
  source: string;
  ciId: string;
  name: string;
}

/** An item that a stub turned out to be; what was bound to the stub is bound to it. */
export interface FollowedMerge {
  fromId: string;
  toId: string;
  name: string;
}

/** What one alert is bound to: the primary item first. */
export interface AlertBinding {
  bindings: readonly BoundCi[];
  tasks: readonly OpenValue[];
}

/** What binding would do to some alerts, by the callers' keys. */
export interface BindingPreview {
  bindings: ReadonlyMap<string, AlertBinding>;
  /** Items among them that would have to be made. */
  newCiIds: ReadonlySet<string>;
}

/** One alert's binding on its way to the work item of the alert. */
export interface BindingLink {
  workItemId: number;
  workItemNumber: string;
  /** The work item was made by this transaction: nothing can be bound to it yet, and nothing is looked up. */
  isNewWorkItem?: boolean;
  binding: AlertBinding;
}

/** 1 is worst. */
export type Impact = 1 | 2 | 3;

/** What items say about the impact of what befalls them. */
export interface SaidImpact {
  /** The worst criticality of the items, where "nobody said" counts as 2, and of all that they hit; 2 without any item. */
  impact: Impact;
  /** The item that they would bring down and that is more critical than they are; null = their own criticality decides. */
  reached: ReachedItem | null;
}

/** What binding changed on one work item (the story for its timeline), and what its items now say about its impact. */
export interface AttachedCis extends SaidImpact {
  /** Items that were not on the work item before. */
  bound: readonly BoundCi[];
  /** Values that became a binding task. */
  tasksOpened: readonly OpenValue[];
  /** Values whose tasks were closed, as an item of the work item answers to them. */
  tasksClosed: readonly AnsweredValue[];
  /** Items that took the place of stubs; empty where alerts bind. */
  merges?: readonly FollowedMerge[];
}

/** An item on a work item, as the API shows it. */
export interface WorkItemConfigurationItem {
  id: string;
  name: string;
  className: string;
  resourceId: string | null;
  role: CiRole;
  binding: { method: BindingMethod; confidence: number; source: string; others: readonly OtherCandidate[] };
}
