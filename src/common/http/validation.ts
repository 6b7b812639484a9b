import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { invalidRequest, type FieldError } from '../errors';
import { shortened } from '../text.rules';
import { excessOf } from './body-bounds.rules';

/** An answer names no more faults than this. */
const MAX_ERRORS = 50;
/** Characters of a name that is not known, as it is repeated, and of the names that are. */
const MAX_UNKNOWN_NAME = 100;
const MAX_KNOWN_NAMES = 500;

/** Checks and converts what people send to the REST API; a field that it does not know is named as an error, not dropped. */
export function createValidationPipe(): ValidationPipe {
  return new BoundedValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    // What was checked says which fields it knows, and which are absent.
    validationError: { target: true, value: true },
    exceptionFactory: (errors) => invalidRequest(all(errors, '')),
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

/** Constraints without which a value is of another type than it has to be: what others say of it then is no help. */
const TYPE_FAULTS = ['isString', 'isInt', 'isNumber', 'isBoolean', 'isArray', 'isObject', 'isEnum', 'isConditionMap'];
/** What tells the same as a `fitsColumn` beside it. */
const LENGTH_FAULTS = ['isLength', 'maxLength'];

function all(errors: readonly ValidationError[], prefix: string): FieldError[] {
  return errors
    .slice(0, MAX_ERRORS)
    .flatMap((error) => fieldErrors(error, prefix))
    .slice(0, MAX_ERRORS);
}

function fieldErrors(error: ValidationError, prefix: string): FieldError[] {
  const path = pathTo(error.property, prefix);
  const constraints = error.constraints ?? {};
  if ('whitelistValidation' in constraints) return [unknownField(error, prefix)];
  const typeFault = TYPE_FAULTS.map((name) => constraints[name]).find((message) => message !== undefined);
  const [message] = typeFault === undefined ? Object.values(constraints) : [typeFault];
  if (error.value === undefined && message !== undefined) return [{ path, message: `is required: ${message}` }];
  if (typeFault !== undefined) return [{ path, message: typeFault }];
  const own = messagesOf(constraints).map((each) => ({ path, message: each }));
  return [...own, ...all(error.children ?? [], path)];
}

function messagesOf(constraints: Readonly<Record<string, string>>): string[] {
  const isTold = LENGTH_FAULTS.some((name) => name in constraints);
  return Object.entries(constraints).flatMap(([name, message]) => (name === 'fitsColumn' && isTold ? [] : [message]));
}

/** Most are known ones with a slip in them, so all that are known are named. */
function unknownField({ property, target }: ValidationError, prefix: string): FieldError {
  const known = namesKnownTo(target);
  const message = known === '' ? 'is not known; nothing is taken here' : `is not known; known are ${known}`;
  return { path: pathTo(shortened(property, MAX_UNKNOWN_NAME), prefix), message };
}

function namesKnownTo(target: object | undefined): string {
  if (target === undefined) return '';
  // Not its own `constructor`: that may be a member of the body.
  const { constructor } = Object.getPrototypeOf(target) as object;
  const fields = getMetadataStorage().getTargetValidationMetadatas(constructor, '', false, false);
  return shortened([...new Set(fields.map(({ propertyName }) => propertyName))].join(', '), MAX_KNOWN_NAMES);
}

function pathTo(property: string, prefix: string): string {
  return prefix === '' ? property : `${prefix}.${property}`;
}
