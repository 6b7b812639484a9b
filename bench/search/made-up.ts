/** SQL that makes up values: the same number and salt give the same value in every run. */

/** A number from 0 to 1. */
export function share(number: string, salt: string): string {
  return `(CRC32(CONCAT('${salt}', ${number})) / 4294967296)`;
}

/** A whole number below `count`, each as likely. */
export function even(number: string, salt: string, count: number): string {
  return `FLOOR(${count} * ${share(number, salt)})`;
}

/** A whole number below `count`, the low ones far more likely: a few rules, groups and machines make most of the noise. */
export function skewed(number: string, salt: string, { count, power = 3 }: { count: number; power?: number }): string {
  return `FLOOR(${count} * POW(${share(number, salt)}, ${power}))`;
}

/** An id as the service makes them, UUID version 7: its time in milliseconds first, so that it sorts by that. */
export function idOf(number: string, timeSql: string): string {
  const ms = `LPAD(LOWER(HEX(CAST(UNIX_TIMESTAMP(${timeSql}) * 1000 AS UNSIGNED))), 12, '0')`;
  const digits = `LPAD(LOWER(HEX(${number})), 12, '0')`;
  return `CONCAT(LEFT(${ms}, 8), '-', RIGHT(${ms}, 4), '-7000-8000-', ${digits})`;
}

/** A hash of 64 digits. */
export function hashOf(number: string, salt: string): string {
  return `SHA2(CONCAT('${salt}', ${number}), 256)`;
}

/** One of a few texts, by the shares that they have; the last one gets the rest. */
export function oneOf(shareSql: string, choices: readonly (readonly [upTo: number, sql: string])[]): string {
  const cases = choices.map(([upTo, sql]) => `WHEN ${shareSql} < ${upTo} THEN ${sql}`).join(' ');
  return `CASE ${cases} ELSE ${choices.at(-1)?.[1] ?? 'NULL'} END`;
}
