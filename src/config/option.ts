import { z } from 'zod';

/** What a schema cannot say about its option. Type, range and default come from the schema itself. */
export interface OptionNotes {
  /** Its meaning and unit, as sentences in Markdown. */
  readonly text: string;
  /** What only apps that import the module need to know. */
  readonly inApp?: string;
  /** What only operators of the stand-alone server need to know. */
  readonly onServer?: string;
  /** What applies if it is left out, for an option without a default value. */
  readonly unset?: string;
  /** The variable that the stand-alone server reads it from. Default: none. */
  readonly variable?: string;
  /** The value in `.env.example`, for an option without a default value. Default: empty. */
  readonly example?: string;
  /**
   * Parses the text of the variable. Default: as the schema's type.
   * @throws Error if the text is not valid
   */
  readonly read?: (text: string) => unknown;
  /**
   * The TypeScript type, unless it is a primitive or an array; for an object, the name of its interface. A type that
   * begins with a parenthesis becomes a method, so that a host may implement it with a narrower parameter.
   */
  readonly type?: string;
}

const registry = z.registry<OptionNotes>();

/** Attaches notes to a schema. */
export const option = <Schema extends z.ZodType>(schema: Schema, notes: OptionNotes): Schema => {
  registry.add(schema, notes);
  return schema;
};

/** The notes of a schema, even if it is wrapped as optional or with a default. */
export function notesOf(schema: z.ZodType): OptionNotes | undefined {
  return registry.get(schema) ?? (isWrapper(schema) ? notesOf(contentOf(schema)) : undefined);
}

/** The schema without its wrappers: optional, default, read-only. */
export function innermost(schema: z.ZodType): z.ZodType {
  return isWrapper(schema) ? innermost(contentOf(schema)) : schema;
}

type Wrapper = z.ZodDefault | z.ZodOptional | z.ZodReadonly;

const isWrapper = (schema: z.ZodType): schema is Wrapper =>
  [z.ZodDefault, z.ZodOptional, z.ZodReadonly].some((kind) => schema instanceof kind);

const contentOf = (schema: Wrapper): z.ZodType => schema.unwrap() as z.ZodType;

export function whole(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.number({ error }).int({ error, abort: true }).min(min, { error }).max(max, { error });
}

export function fraction(min: number, max: number) {
  const error = `must be a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

export const flag = () => z.boolean({ error: 'must be true or false' });

export const oneOf = <const Value extends string>(values: readonly Value[]) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

export const nonEmpty = () => z.string().min(1, { error: 'must not be empty' });

/** @throws Error that names every option that is not valid */
export function parseOptions<Schema extends z.ZodType>(
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const result = schema.safeParse(options);
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
    );
    throw new Error(`Birdsong: ${faults.join('; ')}`);
  }
  return result.data;
}
