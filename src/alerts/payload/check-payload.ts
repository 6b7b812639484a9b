import { type ValidationError, validateSync } from 'class-validator';
import type { FieldError } from '../../common/errors';
import { AlertDataDto, CommonAlertDto, EssentialsDto } from './common-alert.dto';
import { isSound } from './constraints';
import { foreignSchemaOf } from './foreign-schema.rules';
import { type JsonObject, isJsonObject } from './json-values';
import { isListElement, mustBe } from './wire-validators';

/** What a body turned out to be. */
export type PayloadCheck =
  | { kind: 'common'; payload: CommonAlertDto }
  /** `detail` names what was recognised and says how to switch the common alert schema on. */
  | { kind: 'not_common_schema'; detail: string }
  | { kind: 'invalid_payload'; errors: FieldError[] };

/** An answer names no more faults than this; one wrong list of a hostile body could hold a hundred thousand. */
const MAX_ERRORS = 50;

const OPTIONS = { validationError: { target: false, value: false } };

const ESSENTIALS_FIELDS = [
  'alertId',
  'alertRule',
  'alertRuleID',
  'alertRuleId',
  'severity',
  'signalType',
  'monitorCondition',
  'monitoringService',
  'alertTargetIDs',
  'configurationItems',
  'originAlertId',
  'firedDateTime',
  'resolvedDateTime',
  'description',
  'essentialsVersion',
  'alertContextVersion',
  'investigationLink',
  'targetResourceGroup',
  'targetResourceType',
] as const satisfies readonly (keyof EssentialsDto)[];

/**
 * Judges a webhook body: strict about the few fields that it types, blind to all others. Takes any JSON and
 * never throws; its cost does not grow with the parts it does not look at. `payload` shares `alertContext` and
 * `customProperties` with the body; what else the body holds is not in it.
 */
export function checkPayload(body: unknown): PayloadCheck {
  const detail = foreignSchemaOf(body);
  if (detail !== null) return { kind: 'not_common_schema', detail };
  const payload = commonAlertOf(body as JsonObject);
  const errors = wrongFieldsOf(payload);
  return errors.length === 0 ? { kind: 'common', payload } : { kind: 'invalid_payload', errors };
}

/** What is wrong with a body that is no alert in the common schema, field by field. */
export function faultsOf(refusal: Exclude<PayloadCheck, { kind: 'common' }>): FieldError[] {
  return refusal.kind === 'invalid_payload' ? refusal.errors : [{ path: 'schemaId', message: refusal.detail }];
}

function wrongFieldsOf(payload: CommonAlertDto): FieldError[] {
  const { data } = payload as { data: unknown };
  const essentials: unknown = data instanceof AlertDataDto ? data.essentials : null;
  const errors = [
    ...fieldErrors(payload, ''),
    ...(data instanceof AlertDataDto ? fieldErrors(data, 'data.') : []),
    ...(essentials instanceof EssentialsDto ? fieldErrors(essentials, 'data.essentials.') : []),
  ];
  return errors.slice(0, MAX_ERRORS);
}

/** Nearly all alerts are sound; only of the others there is something to be told. */
function fieldErrors(dto: object, prefix: string): FieldError[] {
  if (isSound(dto)) return [];
  return validateSync(dto, OPTIONS).flatMap((fault) => faultsOfField(dto, prefix, fault));
}

/** One entry for each wrong element of a list, so that the path leads to it; else one for the field. */
function faultsOfField(dto: object, prefix: string, { property, constraints = {} }: ValidationError): FieldError[] {
  const path = `${prefix}${property}`;
  const value: unknown = (dto as JsonObject)[property];
  if (Array.isArray(value) && 'isOptionalTextList' in constraints) return elementFaults(path, value);
  return Object.values(constraints).map((message) => ({ path, message }));
}

function elementFaults(path: string, list: readonly unknown[]): FieldError[] {
  const errors: FieldError[] = [];
  for (let index = 0; index < list.length && errors.length < MAX_ERRORS; index += 1) {
    const value = list[index];
    if (!isListElement(value)) errors.push({ path: `${path}[${index}]`, message: mustBe('a string', value) });
  }
  return errors;
}

function commonAlertOf(body: JsonObject): CommonAlertDto {
  const payload = copied(new CommonAlertDto(), body, ['schemaId']);
  return Object.assign(payload, { data: isJsonObject(body.data) ? alertDataOf(body.data) : body.data });
}

function alertDataOf(body: JsonObject): AlertDataDto {
  const data = copied(new AlertDataDto(), body, ['alertContext', 'customProperties']);
  const { essentials } = body;
  return Object.assign(data, {
    essentials: isJsonObject(essentials)
      ? copied(new EssentialsDto(), essentials, ESSENTIALS_FIELDS)
      : (essentials as EssentialsDto),
  });
}

/** Field by field: so a `__proto__` member of the body can't get at the instance, and what is absent stays absent. */
function copied<T extends object>(dto: T, body: JsonObject, fields: readonly (keyof T & string)[]): T {
  for (const field of fields) if (field in body) (dto as JsonObject)[field] = body[field];
  return dto;
}
