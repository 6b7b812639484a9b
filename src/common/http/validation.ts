import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { invalidRequest, type FieldError } from '../errors';
import { excessOf } from './body-bounds.rules';

/** An answer names no more faults than this. */
const MAX_ERRORS = 50;

/** Checks and converts what people send to the REST API; a field that it does not know is named as an error, not dropped. */
export function createValidationPipe(): ValidationPipe {
  return new BoundedValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) =>
      invalidRequest(errors.flatMap((error) => fieldErrors(error, '')).slice(0, MAX_ERRORS)),
  });
}

/** Converting goes down into a body level by level: what has too many would end in a stack overflow, or hold all others up. */
class BoundedValidationPipe extends ValidationPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const excess = metadata.type === 'body' ? excessOf(value) : null;
    if (excess !== null) throw invalidRequest([{ path: '', message: `the body has ${excess}` }]);
    return super.transform(value, metadata);
  }
}

function fieldErrors(error: ValidationError, prefix: string): FieldError[] {
  const path = prefix === '' ? error.property : `${prefix}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, path))];
}
