/** Priority = a table of impact and urgency, each 1 (worst) to 3; `PRIORITIES[impact - 1][urgency - 1]`. */
const PRIORITIES: readonly (readonly number[])[] = [
  [1, 2, 3],
  [2, 3, 4],
  [3, 4, 5],
];

export interface Priority {
  priority: number;
  reason: string;
}

export function priorityOf(impact: number, urgency: number): Priority {
  const priority = PRIORITIES[impact - 1]?.[urgency - 1];
  if (priority === undefined)
    throw new Error(`Impact ${impact} and urgency ${urgency} must be whole numbers from 1 to 3.`);
  return { priority, reason: `impact ${impact} × urgency ${urgency}` };
}
