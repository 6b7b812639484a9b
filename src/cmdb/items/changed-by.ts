import type { Actor } from '../../audit/actor';
import { newId } from '../../common/ids';
import type { Saying } from './item-changes.rules';

/** Who asks for a change, and by which request. */
export interface ChangedBy {
  actor: Actor;
  requestId: string;
}

/** What somebody is on record as: the name, or the id of who has none. */
export function shownActor({ name, id }: Actor): string {
  return name ?? id;
}

/** That a person says something of an item now. */
export function saidByPerson({ actor }: ChangedBy, now: Date): Saying {
  return { source: 'person', by: shownActor(actor), now, newId };
}
