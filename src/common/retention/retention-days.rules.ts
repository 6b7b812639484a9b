/** How long each class of data is kept where nobody says otherwise, in days; alerts for thirteen months. */
export const DEFAULT_RETENTION_DAYS = {
  'delivery-bodies': 30,
  deliveries: 90,
  'auth-rejections': 180,
  'audit-events': 400,
  alerts: 396,
} as const satisfies Record<string, number>;

/** Data that is removed once its time is over. */
export type RetentionClass = keyof typeof DEFAULT_RETENTION_DAYS;
export const RETENTION_CLASSES = Object.keys(DEFAULT_RETENTION_DAYS) as readonly RetentionClass[];

/** How long each class is kept, in days; null = for ever. */
export type RetentionDays = Readonly<Record<RetentionClass, number | null>>;

/** A hundred years: the times before which something is removed stay such as a database knows. */
const MAX_DAYS = 36_500;

/** Reads `CLASS=DAYS` and `CLASS=never`, comma-separated, in place of the defaults; tells besides all that is wrong with it. */
export function retentionDaysOf(text: string): { days: RetentionDays; problems: string[] } {
  const days: Record<RetentionClass, number | null> = { ...DEFAULT_RETENTION_DAYS };
  const problems: string[] = [];
  const named = new Set<RetentionClass>();
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const read = readEntry(entry);
    if (read === null) problems.push(malformed(entry));
    else if (named.has(read.dataClass)) problems.push(`names ${read.dataClass} twice`);
    else days[read.dataClass] = read.days;
    if (read !== null) named.add(read.dataClass);
  }
  return { days, problems: problems.length > 0 ? problems : conflictsOf(days) };
}

function readEntry(entry: string): { dataClass: RetentionClass; days: number | null } | null {
  const [name, value = ''] = entry.split('=').map((part) => part.trim());
  const dataClass = RETENTION_CLASSES.find((each) => each === name);
  const isDays = /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_DAYS;
  if (dataClass === undefined || !(isDays || value === 'never')) return null;
  return { dataClass, days: isDays ? Number(value) : null };
}

function malformed(entry: string): string {
  return `"${entry}" must be CLASS=DAYS (1 to ${MAX_DAYS}) or CLASS=never, with one of ${RETENTION_CLASSES.join(', ')}`;
}

/** A repeat of a delivery that is kept looks for its alert. */
function conflictsOf({ alerts, deliveries }: RetentionDays): string[] {
  if (alerts === null || (deliveries !== null && deliveries <= alerts)) return [];
  const kept = deliveries === null ? 'never removed' : `kept for ${deliveries} days`;
  return [
    `keeps alerts for ${alerts} days only, while their deliveries are ${kept}: an alert has to stay as long as they do`,
  ];
}
