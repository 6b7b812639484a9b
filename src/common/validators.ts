import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsArray, IsIn, IsOptional } from 'class-validator';

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

/** The same for free texts. */
export function IsTextList(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    Transform(({ value }: { value: unknown }) => listOf(value)),
    IsArray(),
  );
}

function listOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((each) => String(each).split(',')).map((each) => each.trim());
}
