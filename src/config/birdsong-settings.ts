import type { z } from 'zod';
import type { BirdsongOptions } from './birdsong-options.js';
import { birdsongSchema } from './birdsong-schema.js';
import { parseOptions } from './option.js';

type Resolved = z.output<typeof birdsongSchema>;

const consistentSchema = birdsongSchema
  .refine(({ broker, redis }) => !broker || !redis, {
    error: 'broker and redis contradict each other: set one',
  })
  .refine(({ identity, identify }) => !identity || !identify, {
    error: 'identity and identify contradict each other: set one',
  });

/** Settings hold durations in milliseconds, even where the option is in seconds. */
type InMs<Name> = Name extends `${infer What}Seconds` ? `${What}Ms` : Name;

type Settings = { readonly [Name in keyof Resolved as InMs<Name>]: Resolved[Name] };

/** A base class whose only purpose is to declare the members of the schema. */
const Members = Object as unknown as new () => Settings;

/** The options with their defaults filled in, checked once at boot, and frozen. */
export class BirdsongSettings extends Members {
  /** @throws Error that names every option that is not valid */
  constructor(options: BirdsongOptions) {
    super();
    Object.freeze(Object.assign(this, inMs(parseOptions(consistentSchema, options))));
  }
}

function inMs(options: Resolved): Settings {
  const settings = Object.entries(options).map(([name, value]) =>
    name.endsWith('Seconds')
      ? [name.replace(/Seconds$/, 'Ms'), Number(value) * 1000]
      : [name, value],
  );
  return Object.fromEntries(settings) as Settings;
}
