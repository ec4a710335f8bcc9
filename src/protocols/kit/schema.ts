import BaseJoi, { type AnySchema, type Schema, type StringSchema, type ValidationResult } from 'joi';
import { invalid } from '../../domain/errors.ts';

/** joi with one type more: an id is a string, and a number in its place is taken as its decimal string. */
const Joi = BaseJoi.extend(joi => ({
  type: 'id',
  base: joi.string().min(1).max(256),
  coerce: {
    from: 'number',
    method: (value: unknown) => ({ value: Number.isSafeInteger(value) ? String(value) : value }),
  },
})) as typeof BaseJoi & { id(): StringSchema };

// Coercion of ids is the only conversion that sockets and bodies get; it has to be switched on where it is wanted.
const id = (): StringSchema => Joi.id().prefs({ convert: true });

export { Joi, id };

/** The schema, where null means that the field is absent. */
export const optional = <S extends Schema>(schema: S): S => schema.optional().empty(null) as S;

/** Free-form data: an object; what may be in it is checked by the domain. */
export const freeForm = () => Joi.object().unknown(true).prefs({ stripUnknown: false });

/**
 * Checks input from outside. Unknown keys are dropped; a wrong shape is INVALID_PAYLOAD and names the field, never
 * the value. `convert` turns strings into numbers, booleans and dates, for query strings.
 */
export function check<T>(schema: Schema, input: unknown, convert = false): T {
  const result: ValidationResult<T> = (schema as AnySchema<T>).validate(input, {
    convert,
    stripUnknown: true,
    presence: 'optional',
    errors: { wrap: { label: false } },
  });
  if (result.error) throw invalid(result.error.details[0]!.message.slice(0, 300));
  return result.value;
}

/** JSON Schema 2020-12 of a joi schema, for the generated documents. */
export function toJsonSchema(schema: Schema): Record<string, unknown> {
  const standard = (schema as unknown as { '~standard': { jsonSchema: { input(o: object): object } } })[
    '~standard'
  ];
  const { $schema: _, ...rest } = standard.jsonSchema.input({ target: 'draft-2020-12' }) as Record<
    string,
    unknown
  >;
  return rest;
}
