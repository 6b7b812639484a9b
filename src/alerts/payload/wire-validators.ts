import { ValidateBy, type ValidationArguments } from 'class-validator';
import { isTime } from '../../common/time.rules';
import { isJsonObject, jsonTypeOf } from './json-values';

/** A text that is not blank; the few fields that an alert can't be identified without. */
export function IsRequiredText(): PropertyDecorator {
  return constraint('isRequiredText', 'a non-empty string', (value) => typeof value === 'string' && /\S/.test(value));
}

/** This one text. */
export function IsExactly(expected: string): PropertyDecorator {
  return constraint('isExactly', `"${expected}"`, (value) => value === expected);
}

/** A text, or nothing: Azure leaves fields out, sends null and sends `""`, and means the same. */
export function IsOptionalText(): PropertyDecorator {
  return constraint('isOptionalText', 'a string', (value) => isNothing(value) || typeof value === 'string');
}

/** An ISO 8601 time, or nothing, or `""`. */
export function IsOptionalEventTime(): PropertyDecorator {
  return constraint('isOptionalEventTime', mustBeTime, isOptionalEventTime);
}

/** A list of texts, or nothing. Null elements pass: they name nothing, and refusing them would lose the alert. */
export function IsOptionalTextList(): PropertyDecorator {
  return constraint('isOptionalTextList', 'an array of strings', isOptionalTextList);
}

/** A JSON object. */
export function IsJsonObject(): PropertyDecorator {
  return constraint('isJsonObject', 'an object', isJsonObject);
}

/** A JSON object, or nothing. */
export function IsOptionalJsonObject(): PropertyDecorator {
  return constraint('isOptionalJsonObject', 'an object', (value) => isNothing(value) || isJsonObject(value));
}

/** Whether a value may stand in a list of texts. */
export function isListElement(value: unknown): boolean {
  return isNothing(value) || typeof value === 'string';
}

/** What is wrong with a value, naming its type only: the value may hold a secret. */
export function mustBe(expected: string, value: unknown): string {
  const blank = typeof value === 'string' && !/\S/.test(value);
  return `must be ${expected}, not ${blank ? 'an empty string' : jsonTypeOf(value)}`;
}

/** The same of a time: a text that is none is of the right type, so that its type is no help. */
function mustBeTime(value: unknown): string {
  const expected = 'an ISO 8601 time such as 2026-01-31T12:00:00Z';
  return typeof value === 'string' ? `must be ${expected}` : mustBe(expected, value);
}

/** One constraint a field keeps class-validator cheap: it pays per decorator, not per check. */
function constraint(
  name: string,
  expected: string | ((value: unknown) => string),
  validate: (value: unknown) => boolean,
): PropertyDecorator {
  const messageOf = typeof expected === 'string' ? (value: unknown) => mustBe(expected, value) : expected;
  const defaultMessage = (context?: ValidationArguments) => messageOf(context?.value);
  return ValidateBy({ name, validator: { validate, defaultMessage } });
}

function isOptionalEventTime(value: unknown): boolean {
  return isNothing(value) || (typeof value === 'string' && (!/\S/.test(value) || isTime(value)));
}

function isOptionalTextList(value: unknown): boolean {
  return isNothing(value) || (Array.isArray(value) && value.every(isListElement));
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
