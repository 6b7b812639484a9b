/** Priority = a table of impact and urgency, each 1 (worst) to 3; `PRIORITIES[impact - 1][urgency - 1]`. */
const PRIORITIES: readonly (readonly number[])[] = [
  [1, 2, 3],
  [2, 3, 4],
  [3, 4, 5],
];

/** 1 (worst) to 5, and how it came about. */
export interface Priority {
  priority: number;
  reason: string;
}

/** The priority of an impact and an urgency; throws for anything but 1, 2 and 3. */
export function priorityOf(impact: number, urgency: number): Priority {
  const priority = PRIORITIES[impact - 1]?.[urgency - 1];
  if (priority === undefined)
    throw new Error(`Impact ${impact} and urgency ${urgency} must be whole numbers from 1 to 3.`);
  return { priority, reason: `impact ${impact} × urgency ${urgency}` };
}
