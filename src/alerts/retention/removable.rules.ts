/** An alert as retention sees it. */
export interface StoredAlert {
  id: string;
  /** Episode key of the alert that Azure knows: all its parts share it, and what came for it before it was cut up. */
  family: string;
  signature: string;
  workItemId: number | null;
  isFiring: boolean;
  /** Its end, in the payload's time; null while it fires, and for what was only ever noted. */
  endedAt: Date | null;
  /** When something last changed about it, by this service's clock. */
  updatedAt: Date;
  /** It has a work item that is neither closed nor canceled. */
  isWorkItemOpen: boolean;
}

/** What there is around alerts that may go. */
export interface Surroundings {
  /** Ids of alerts that have deliveries which are still kept. */
  withDeliveries: ReadonlySet<string>;
  /** By signature: since when the alert fires that has fired for longest without firing again. */
  firingSince: ReadonlyMap<string, Date>;
  /** By alert: the alerts whose end is its Resolved. */
  endedBy: ReadonlyMap<string, readonly string[]>;
}

/** Why an alert has to stay. */
export type StayReason = 'fires' | 'not_due' | 'work_item_open' | 'has_deliveries' | 'may_count_for_another';

/**
 * Why an alert has to stay that was there at `before`, or null. An alert of its signature that has fired since before its end may yet
 * be ended by its Resolved if it is an orphan, and if it is none, may keep an orphan from being clear about whom it ends.
 */
export function stayReasonOf(
  alert: StoredAlert,
  { withDeliveries, firingSince }: Pick<Surroundings, 'withDeliveries' | 'firingSince'>,
  before: Date,
): StayReason | null {
  if (alert.isFiring) return 'fires';
  const { endedAt, updatedAt } = alert;
  if (updatedAt > before || (endedAt !== null && endedAt > before)) return 'not_due';
  if (alert.isWorkItemOpen) return 'work_item_open';
  if (withDeliveries.has(alert.id)) return 'has_deliveries';
  const since = firingSince.get(alert.signature);
  return since !== undefined && endedAt !== null && since <= endedAt ? 'may_count_for_another' : null;
}

/**
 * The alerts that can go. What hangs together goes or stays as one: the parts of an alert, and an orphan with those that it has
 * ended, as long as they stay. `alerts` are whole families.
 */
export function removable(alerts: readonly StoredAlert[], surroundings: Surroundings, before: Date): StoredAlert[] {
  const staying = new Set<string>();
  for (const alert of alerts) if (stayReasonOf(alert, surroundings, before) !== null) staying.add(alert.family);
  for (;;) {
    const going = alerts.filter(({ family }) => !staying.has(family));
    const ids = new Set(going.map(({ id }) => id));
    const isNamed = ({ id }: StoredAlert): boolean =>
      surroundings.endedBy.get(id)?.some((each) => !ids.has(each)) ?? false;
    const named = going.filter(isNamed);
    if (named.length === 0) return going;
    for (const { family } of named) staying.add(family);
  }
}

/** Whether alerts that hang together have anything to be done about: one of them fires, or has a work item that is not closed. */
export function isOpen({ isFiring, isWorkItemOpen }: Pick<StoredAlert, 'isFiring' | 'isWorkItemOpen'>): boolean {
  return isFiring || isWorkItemOpen;
}
