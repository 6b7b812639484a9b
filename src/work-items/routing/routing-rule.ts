import type { WorkItemType } from '../lifecycle.rules';

/** What an alert must be like; every condition that is given must hold, and none given matches all. */
export interface RoutingMatch {
  severity?: string[];
  monitoringService?: string[];
  /** Subscriptions or resource groups, as ARM ids. */
  scope?: string[];
  /** A pattern in which `*` is any run of characters. */
  alertRule?: string;
  ciClass?: string[];
  ciTag?: Record<string, string>;
  customProperty?: Record<string, string | number | boolean>;
}

/** What becomes of an alert that matches; what is left out goes on as without any rule. */
export interface RoutingActions {
  type?: WorkItemType;
  /** This one and the next three are templates. */
  title?: string;
  description?: string;
  assignmentGroup?: string;
  category?: string;
  impact?: 1 | 2 | 3;
  urgency?: 1 | 2 | 3;
  reopenWindowMinutes?: number;
  /** Kept as an alert, without a work item. */
  recordOnly?: boolean;
  /** A work item for each configuration item. */
  perConfigurationItem?: boolean;
  /** False = only people resolve the work item. */
  autoResolve?: boolean;
}

/** A routing rule: which alerts, and what becomes of them. The first one that matches wins. */
export interface RoutingRule {
  id: string;
  position: number;
  name: string;
  enabled: boolean;
  version: number;
  match: RoutingMatch;
  actions: RoutingActions;
}
