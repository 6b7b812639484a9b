import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsArray, IsIn, IsOptional, ValidateBy, ValidateIf } from 'class-validator';
import { timeOf } from './time.rules';

/** Absent is fine, null is not: `IsOptional` lets null through unchecked, and no default takes its place. */
export function IsGiven(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** Absent and null are fine: what is checked beside it holds for all else. */
export function IsPresent(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined && value !== null);
}

/** A filter that takes several values: repeated (`state=new&state=on_hold`) or comma-separated. Always an array in code. */
export function IsListOf(values: readonly (string | number)[]): PropertyDecorator {
  const numeric = typeof values[0] === 'number';
  return applyDecorators(
    IsOptional(),
    Transform(({ value }: { value: unknown }) => listOf(value).map((each) => (numeric ? Number(each) : each))),
    IsArray(),
    IsIn([...values], { each: true }),
  );
}

/** The same for ids, which are kept in lower case. */
export function IsIdList(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    Transform(({ value }: { value: unknown }) => listOf(value).map((each) => each.toLowerCase())),
    IsArray(),
  );
}

/** The same for free texts. */
export function IsTextList(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    Transform(({ value }: { value: unknown }) => listOf(value)),
    IsArray(),
  );
}

/**
 * A time, a `Date` in code; the field's own decorator says whether it may be absent or null. What converts is what checks
 * ({@link timeOf}): class-validator takes for ISO 8601 what `Date` can't read, and an expiry that is no time never comes.
 */
export function IsTime(): PropertyDecorator {
  const validate = (value: unknown): boolean => value instanceof Date;
  const defaultMessage = (): string => '$property must be an ISO 8601 time such as 2026-01-31T12:00:00Z';
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (timeOf(value) ?? value) : value)),
    ValidateBy({ name: 'isTime', validator: { validate, defaultMessage } }),
  );
}

/** Taken over as sent: what converts bodies would leave out members such as `constructor` or `toString`. */
export function AsSent(): PropertyDecorator {
  return Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]);
}

/** Beside `MaxLength`, for what goes into a column of its own: that counts a variation selector, which `MaxLength` does not. */
export function FitsColumn(length: number): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && Array.from(value).length <= length;
  const defaultMessage = (): string => `$property must have ${length} characters at most`;
  return ValidateBy({ name: 'fitsColumn', validator: { validate, defaultMessage } });
}

function listOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((each) => String(each).split(',')).map((each) => each.trim());
}
