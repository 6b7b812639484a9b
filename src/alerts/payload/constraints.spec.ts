import { IsOptional, IsString, MaxLength, ValidateBy, ValidateIf, ValidateNested, validateSync } from 'class-validator';
import fc from 'fast-check';
import { AlertDataDto, CommonAlertDto, EssentialsDto } from './common-alert.dto';
import { isSound } from './constraints';

const CLASSES = [EssentialsDto, AlertDataDto, CommonAlertDto] as const;
const FIELDS = [
  ...['alertId', 'alertRule', 'severity', 'monitoringService', 'alertTargetIDs', 'configurationItems', 'firedDateTime'],
  ...['essentials', 'alertContext', 'customProperties', 'schemaId', 'data'],
];

/** What the fields may hold: good values more often than chance has them. */
const VALUE = fc.oneof(
  fc.constantFrom('azureMonitorCommonAlertSchema', '2026-01-31T12:00:00Z', 'Sev1', ' ', '', null, undefined),
  fc.constantFrom<unknown>({}, [], ['a', null], [1]),
  fc.jsonValue(),
);

describe('isSound', () => {
  it.each(CLASSES)('says of a %p whether class-validator finds a fault', (type) => {
    const counts = { sound: 0, faulty: 0 };
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...FIELDS), VALUE), (fields) => {
        const required = { alertId: 'a', monitoringService: 'Platform', essentials: {}, data: {} };
        const known = { ...required, schemaId: 'azureMonitorCommonAlertSchema', ...fields };
        const dto = Object.assign(new type(), known);
        const expected = validateSync(dto).length === 0;
        counts[expected ? 'sound' : 'faulty'] += 1;
        expect(isSound(dto)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
    expect(Math.min(counts.sound, counts.faulty)).toBeGreaterThan(20);
  });

  it('looks at what a class inherits', () => {
    class Special extends EssentialsDto {}
    expect(isSound(Object.assign(new Special(), { alertId: '', monitoringService: 'Platform' }))).toBe(false);
  });

  it('refuses a class that demands nothing, as class-validator does', () => {
    class Empty {
      field: unknown;
    }
    expect(() => isSound(new Empty())).toThrow('Empty has no constraints.');
  });

  it.each([
    ['of nested objects', () => ValidateNested()],
    ['that depend on other fields', () => ValidateIf(() => true)],
    ['that may be skipped', () => IsOptional()],
    ['with arguments', () => MaxLength(3)],
    ['of each element', () => IsString({ each: true })],
    [
      'with a condition',
      () => ValidateBy({ name: 'x', validator: { validate: () => true } }, { validateIf: () => true }),
    ],
  ])('refuses constraints %s, which it can not read', (_, decorator) => {
    class Odd {
      field: unknown;
    }
    decorator()(Odd.prototype, 'field');
    expect(() => isSound(new Odd())).toThrow('Odd.field has a constraint of another kind.');
  });
});
