/** Looks a member up without regard to case: Resource Graph writes `serverFarmId` as `serverFarmID` at times. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = value as Record<string, unknown>;
  if (Object.hasOwn(members, name)) return members[name];
  const key = Object.keys(members).find((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : members[key];
}

/** What stands at a path such as `ipConfigurations[].properties.subnet.id`; `[]` goes into every entry of a list. */
export function valuesAt(value: unknown, path: string): unknown[] {
  let values: unknown[] = [value];
  for (const step of path.split('.')) {
    const isList = step.endsWith('[]');
    const found = values.map((each) => memberOf(each, isList ? step.slice(0, -2) : step));
    values = isList ? found.flatMap((list): unknown[] => (Array.isArray(list) ? list : [])) : found;
  }
  return values.filter((each) => each !== undefined && each !== null);
}

/** The texts among {@link valuesAt}. */
export function textsAt(value: unknown, path: string): string[] {
  return valuesAt(value, path).filter((each): each is string => typeof each === 'string' && each !== '');
}
