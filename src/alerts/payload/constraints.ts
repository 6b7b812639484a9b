import { getMetadataStorage, ValidationTypes, type ValidatorConstraintInterface } from 'class-validator';

/** A constraint of a field, as a decorator declares it. */
interface Constraint {
  property: string;
  validator: ValidatorConstraintInterface;
}

const KNOWN = new Map<object['constructor'], readonly Constraint[]>();

/**
 * Whether each field of an instance is as the decorators of its class demand. The same as whether class-validator finds no fault, which
 * works out anew for every object what its class demands: for that, it takes a fifth of all that an alert makes the memory work.
 */
export function isSound(dto: object): boolean {
  return constraintsOf(dto.constructor).every(
    ({ property, validator }) => validator.validate((dto as Record<string, unknown>)[property]) === true,
  );
}

function constraintsOf(type: object['constructor']): readonly Constraint[] {
  const known = KNOWN.get(type);
  if (known !== undefined) return known;
  const read = readConstraints(type);
  KNOWN.set(type, read);
  return read;
}

/** Those of `ValidateBy` that judge a whole value by itself; of another kind, nothing is known here. */
function readConstraints(type: object['constructor']): Constraint[] {
  const storage = getMetadataStorage();
  const declarations = storage.getTargetValidationMetadatas(type, '', false, false);
  if (declarations.length === 0) throw new Error(`${type.name} has no constraints.`);
  return declarations.flatMap((declared) => {
    const { propertyName: property, each, validateIf } = declared;
    const values = declared.constraints as unknown[] | undefined;
    const isOwn = declared.type === ValidationTypes.CUSTOM_VALIDATION && values === undefined;
    if (!isOwn || each || validateIf !== undefined)
      throw new Error(`${type.name}.${property} has a constraint of another kind.`);
    return storage
      .getTargetValidatorConstraints(declared.constraintCls)
      .map(({ instance }) => ({ property, validator: instance }));
  });
}
