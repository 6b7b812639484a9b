/** What routing wants to know of a configuration item. */
export interface RoutingCi {
  name: string;
  className: string;
  environment: string | null;
  supportGroup: string | null;
  tags: Readonly<Record<string, string>>;
}

/** What is known of an alert when its work item is to be opened. */
export interface RoutingFacts {
  /** Azure's id as sent. */
  alertId: string;
  alertRule: string | null;
  severity: string | null;
  signalType: string | null;
  monitoringService: string;
  description: string | null;
  /** The one that the service would give by itself. */
  title: string;
  firedAt: Date;
  subscriptionId: string | null;
  /** ARM ids as sent. */
  targets: readonly string[];
  configurationItems: readonly string[];
  customProperties: Readonly<Record<string, unknown>>;
  /** Those that it is bound to, the primary one first. */
  cis: readonly RoutingCi[];
}
