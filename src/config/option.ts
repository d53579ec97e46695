import { z } from 'zod';

/** What a schema does not say of its option. Type, range and default come from the schema itself. */
export interface OptionNotes {
  /** What it means, and its unit: sentences in Markdown. */
  readonly text: string;
  /** What only an app that imports the module has to know. */
  readonly inApp?: string;
  /** What only those who run the stand-alone server have to know. */
  readonly onServer?: string;
  /** What holds if it is left out, where there is no default value. */
  readonly unset?: string;
  /** The variable that the stand-alone server reads it from. Default: none. */
  readonly variable?: string;
  /** What stands in `.env.example` if there is no default value. Default: nothing. */
  readonly example?: string;
  /**
   * What the text of the variable means. Default: what the schema takes.
   * @throws Error if it means nothing
   */
  readonly read?: (text: string) => unknown;
  /**
   * The TypeScript type, where it is neither a primitive nor an array: of an object, the name of its interface. One
   * that begins with a parenthesis is a method's, which a host may implement for a narrower parameter.
   */
  readonly type?: string;
}

const registry = z.registry<OptionNotes>();

/** Gives a schema its notes. */
export const option = <Schema extends z.ZodType>(schema: Schema, notes: OptionNotes): Schema => {
  registry.add(schema, notes);
  return schema;
};

/** The notes of the schema, with or without a default, optional or not. */
export function notesOf(schema: z.ZodType): OptionNotes | undefined {
  return registry.get(schema) ?? (isWrapper(schema) ? notesOf(contentOf(schema)) : undefined);
}

/** The schema without its default, and whether it is optional or not. */
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
