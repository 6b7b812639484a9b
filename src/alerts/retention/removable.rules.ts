import { groupBy } from '../../common/group-by';

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
  /** When its work item was closed or canceled; null while that is open, and without one. */
  workItemClosedAt: Date | null;
}

/** What there is around alerts that may go. */
export interface Surroundings {
  /** Ids of alerts that have deliveries which are still kept. */
  withDeliveries: ReadonlySet<string>;
  /** By signature: since when the alert fires that has fired for longest without firing again. */
  firingSince: ReadonlyMap<string, Date>;
  /** By signature, of those of alerts that tell no end: the end that its latest orphan tells of. */
  lastOrphanAt: ReadonlyMap<string, Date>;
  /** By alert: the alerts whose end is its Resolved. */
  endedBy: ReadonlyMap<string, readonly string[]>;
}

/** Why an alert has to stay. */
export type StayReason = 'fires' | 'not_due' | 'work_item_open' | 'has_deliveries' | 'may_count_for_another';

/**
 * Whether an alert fires, as far as retention goes. Many tell no end: such a one is over once its work item has been closed
 * since `before`, or where it has none, and there has been no news of it since.
 */
export function stillFires(
  { isFiring, isWorkItemOpen, workItemClosedAt, updatedAt }: StoredAlert,
  before: Date,
): boolean {
  if (!isFiring) return false;
  return isWorkItemOpen || updatedAt > before || (workItemClosedAt !== null && workItemClosedAt > before);
}

/**
 * Why an alert has to stay that was there at `before`, or null. An alert of its signature that has fired since before its end may yet
 * be ended by its Resolved if it is an orphan, and if it is none, may keep an orphan from being clear about whom it ends. So may
 * one that tells no end, for every orphan there is.
 */
export function stayReasonOf(
  alert: StoredAlert,
  { withDeliveries, firingSince, lastOrphanAt }: Omit<Surroundings, 'endedBy'>,
  before: Date,
): StayReason | null {
  const own = ownStayReasonOf(alert, before);
  if (own !== null) return own;
  if (withDeliveries.has(alert.id)) return 'has_deliveries';
  const since = firingSince.get(alert.signature);
  const until = alert.isFiring ? lastOrphanAt.get(alert.signature) : alert.endedAt;
  return since !== undefined && until && since <= until ? 'may_count_for_another' : null;
}

/** Why it has to stay whatever there is around it. */
function ownStayReasonOf(alert: StoredAlert, before: Date): StayReason | null {
  if (stillFires(alert, before)) return 'fires';
  const { endedAt, updatedAt, isWorkItemOpen } = alert;
  if (updatedAt > before || (endedAt !== null && endedAt > before)) return 'not_due';
  return isWorkItemOpen ? 'work_item_open' : null;
}

/** The alerts of families of which none has to stay by itself: the only ones of which it matters what there is around them. */
export function withoutOwnReason(alerts: readonly StoredAlert[], before: Date): StoredAlert[] {
  const staying = new Set(
    alerts.filter((alert) => ownStayReasonOf(alert, before) !== null).map(({ family }) => family),
  );
  return alerts.filter(({ family }) => !staying.has(family));
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

/**
 * Whole families, as many as hold no more than `limit` alerts, in the order in which `ids` names the first of each; the first family
 * comes whatever it holds. `reached` is how many of the ids that deals with, those of no family among them.
 */
export function wholeFamilies(
  alerts: readonly StoredAlert[],
  ids: readonly string[],
  limit: number,
): { alerts: StoredAlert[]; reached: number } {
  const members = groupBy(alerts, ({ family }) => family);
  const familyOf = new Map(alerts.map(({ id, family }) => [id, family]));
  const taken = new Map<string, StoredAlert[]>();
  let size = 0;
  for (const [index, id] of ids.entries()) {
    const family = familyOf.get(id);
    if (family === undefined || taken.has(family)) continue;
    const more = members.get(family) ?? [];
    if (size > 0 && size + more.length > limit) return { alerts: [...taken.values()].flat(), reached: index };
    taken.set(family, more);
    size += more.length;
  }
  return { alerts: [...taken.values()].flat(), reached: ids.length };
}

/** Whether something is to be done about an alert, and so about what hangs together with it: it fires, or its work item is not closed. */
export function isOpen(alert: StoredAlert, before: Date): boolean {
  return alert.isWorkItemOpen || stillFires(alert, before);
}
