import type { Dossier, KeptRoute, TimelineFact } from './dossier';

/** The entry of its opening. */
export function openedOf({ timeline }: Pick<Dossier, 'timeline'>): TimelineFact | null {
  return timeline.find(({ kind }) => kind === 'opened') ?? null;
}

/** The route of the occurrence that opened it; null where a person did, or where it was opened before there were rules. */
export function routeKept(dossier: Pick<Dossier, 'timeline'>): KeptRoute | null {
  const routing = openedOf(dossier)?.detail.routing;
  return typeof routing === 'object' && routing !== null ? (routing as KeptRoute) : null;
}

export function isByHand({ workItem }: Pick<Dossier, 'workItem'>): boolean {
  return workItem.source === 'manual';
}

/** Who opened it by hand, by name. */
export function openerOf(dossier: Pick<Dossier, 'timeline' | 'workItem'>): string {
  return textOf(openedOf(dossier)?.detail.by) ?? openedOf(dossier)?.actor ?? 'a person';
}

/** The newest entry of one of these kinds. */
export function newestOf(
  { timeline }: Pick<Dossier, 'timeline'>,
  kinds: readonly TimelineFact['kind'][],
): TimelineFact | null {
  return timeline.findLast(({ kind }) => kinds.includes(kind)) ?? null;
}

/** The newest entry in which a person set any of these fields. */
export function lastSet({ timeline }: Pick<Dossier, 'timeline'>, ...fields: readonly string[]): TimelineFact | null {
  return timeline.findLast((fact) => fields.some((field) => afterOf(fact, field) !== undefined)) ?? null;
}

/** What a person set a field to; undefined = this entry says nothing of it. */
export function afterOf({ kind, detail }: TimelineFact, field: string): unknown {
  if (kind !== 'changed') return undefined;
  const changes = detail.changes as Record<string, { after?: unknown }> | undefined;
  return changes !== undefined && Object.hasOwn(changes, field) ? (changes[field]?.after ?? null) : undefined;
}

/** The name of the person of an entry, or who acted. */
export function nameIn({ actor, detail }: TimelineFact): string {
  return textOf(detail.by) ?? actor;
}

/** A text that is not empty, or null. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
