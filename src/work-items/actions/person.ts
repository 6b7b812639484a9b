import type { Principal } from '../../auth';
import type { Mover } from '../move.rules';

/** Somebody who works on work items: a person, or a program on its own behalf. */
export type Person = Extract<Mover, { kind: 'person' }>;

/** The one who asks, in the words of the lifecycle; called by the name in the token, else by the id. */
export function personOf(principal: Pick<Principal, 'kind' | 'id' | 'name' | 'can'>): Person {
  const { kind, id, name } = principal;
  return {
    kind: 'person',
    actor: `${kind}:${id}`,
    name: (name ?? id).slice(0, 200),
    can: (role) => principal.can(role),
  };
}
