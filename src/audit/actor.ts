/** Who did something: a user, an application, or `system` with the rule that acted. */
export interface Actor {
  kind: 'user' | 'application' | 'system';
  /** Object id of a user, application id, or the name of the rule. */
  id: string;
  name: string | null;
}
