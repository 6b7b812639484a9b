import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  type ValidationArguments,
  type ValidationOptions,
} from 'class-validator';
import { isRedacted, REDACTED } from '../../common/redact-text.rules';
import { redact } from '../../common/redact.rules';
import { oneLine } from '../../common/text.rules';
import { AsSent, IsGiven } from '../../common/validators';
import { globFault } from './glob.rules';
import { isScope } from './match.rules';
import { MAX_POSITION } from './position.rules';
import { faultsOf } from './template.rules';

const MAX_LIST = 100;
const MAX_MAP = 20;
/** Azure allows tag names of 512 characters, and values of 256. */
const MAX_MAP_TEXT = 1_024;

/** Where a rule is tried. */
export function IsPosition(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: MAX_POSITION }),
    IsGiven(),
    IsInt(),
    Min(0),
    Max(MAX_POSITION),
  );
}

/** A condition that holds if one of its values does; an empty list could never hold. */
export function IsConditionList(): PropertyDecorator {
  const options: ValidationOptions = { each: true };
  const notBlank = { ...options, message: 'each value in $property must not be blank' };
  return applyDecorators(IsNonEmptyList(), IsString(options), Length(1, 200, options), Matches(/\S/, notBlank));
}

/** The same for scopes. */
export function IsScopeList(): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && isScope(value);
  const message = 'each scope must be /subscriptions/{guid} or /subscriptions/{guid}/resourceGroups/{name}';
  return applyDecorators(
    IsNonEmptyList(),
    ValidateBy({ name: 'isScope', validator: { validate, defaultMessage: () => message } }, { each: true }),
  );
}

/** A pattern of {@link globFault}. */
export function IsGlob(): PropertyDecorator {
  return applyDecorators(
    IsGiven(),
    HasNoFault('isGlob', (value) => globFault(value)),
  );
}

/** A template of {@link faultsOf}. Its length comes first, so that nobody is told of the faults of a megabyte. */
export function IsTemplate(maxLength: number): PropertyDecorator {
  const tooLong = `$property must have ${maxLength} characters at most`;
  return applyDecorators(
    IsGiven(),
    HasNoFault('isTemplate', (value) => (value.length > maxLength ? tooLong : faultsOf(value).join('; ') || null)),
  );
}

/** A text in which every character is seen. */
export function IsVisible(): PropertyDecorator {
  const message = '$property must not have control or format characters, nor line ends';
  return HasNoFault('isVisible', (value) => (/[\p{C}\u2028\u2029]/u.test(value) ? message : null));
}

/** A condition list of Azure's severities. */
export function IsSeverityList(): PropertyDecorator {
  const message = 'each severity must be one of Sev0, Sev1, Sev2, Sev3, Sev4';
  return applyDecorators(IsConditionList(), Matches(/^sev[0-4]$/i, { each: true, message }));
}

/** Names and values of which all must hold. */
export function IsConditionMap(valueTypes: readonly ('string' | 'number' | 'boolean')[]): PropertyDecorator {
  const allowed: ReadonlySet<string> = new Set(valueTypes);
  const validate = (value: unknown): boolean => isMap(value, (each) => allowed.has(typeof each));
  const defaultMessage = (): string =>
    `$property must be an object of 1 to ${MAX_MAP} members, each a ${valueTypes.join(' or ')} of ${MAX_MAP_TEXT} characters at most`;
  return applyDecorators(
    AsSent(),
    IsGiven(),
    ValidateBy({ name: 'isConditionMap', validator: { validate, defaultMessage } }),
  );
}

/** Values that alerts may have as they are kept: what redaction takes out of each payload is never there to be compared. */
export function IsKept(): PropertyDecorator {
  const validate = (value: unknown): boolean => lostIn(value) === undefined;
  const defaultMessage = (args?: ValidationArguments): string =>
    `$property "${oneLine(lostIn(args?.value) ?? '', 100)}" could never match: what it asks for is ${REDACTED} in every alert that is kept; ask for another property or word`;
  return ValidateBy({ name: 'isKept', validator: { validate, defaultMessage } });
}

/** The first member that an alert would not keep as it is. */
function lostIn(members: unknown): string | undefined {
  return Object.keys(members ?? {}).find((name) => {
    const value = (members as Record<string, unknown>)[name];
    const member = { [name]: value };
    return redact(member) !== member || (typeof value === 'string' && isRedacted(value));
  });
}

function IsNonEmptyList(): PropertyDecorator {
  return applyDecorators(IsGiven(), IsArray(), ArrayNotEmpty(), ArrayMaxSize(MAX_LIST));
}

/** A text of which `faultOf` has nothing to say; what it says is the message. */
function HasNoFault(name: string, faultOf: (text: string) => string | null): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && faultOf(value) === null;
  const defaultMessage = (args?: ValidationArguments): string => {
    const value: unknown = args?.value;
    return (typeof value === 'string' ? faultOf(value) : null) ?? '$property must be a text';
  };
  return ValidateBy({ name, validator: { validate, defaultMessage } });
}

function isMap(value: unknown, isValue: (value: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const members = Object.entries(value as Record<string, unknown>);
  const fits = ([name, each]: [string, unknown]): boolean =>
    /\S/.test(name) && name.length <= MAX_MAP_TEXT && isValue(each) && String(each).length <= MAX_MAP_TEXT;
  return members.length > 0 && members.length <= MAX_MAP && members.every(fits);
}
