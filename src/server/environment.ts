import { z } from 'zod';
import { innermost } from '../config/option.js';
import { redisContradictions, redisOptionsOf } from './redis-environment.js';
import { environmentSchema, VARIABLES, type Variable } from './variables.js';

const checkedSchema = environmentSchema
  .superRefine((environment, context) => {
    for (const message of redisContradictions(environment)) {
      context.addIssue({ code: 'custom', message });
    }
    if (environment.ANONYMOUS === 'off' && !hasIdentities(environment)) {
      const message = 'off needs JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL or API_KEYS';
      context.addIssue({ code: 'custom', path: ['ANONYMOUS'], message });
    }
    if (environment.SIGN_IN === 'development' && environment.JWT_SECRET === undefined) {
      const message = 'development needs JWT_SECRET';
      context.addIssue({ code: 'custom', path: ['SIGN_IN'], message });
    }
  })
  .transform(({ options, ...own }) => ({
    ...own,
    /** The options for the module. */
    options: { ...options, redis: redisOptionsOf({ options, ...own }) },
  }));

/** Whether tokens or API keys are turned on. */
export function hasIdentities(environment: Partial<Record<string, unknown>>): boolean {
  const names = ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWT_JWKS_URL', 'API_KEYS'];
  return names.some((name) => environment[name] !== undefined);
}

export type Environment = Readonly<z.output<typeof checkedSchema>>;

/**
 * Reads the variables, which `docs/options.md` lists. An empty variable counts as not set.
 * @throws Error that names every variable that is not valid
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const { values, faults } = valuesOf(variables);
  const result = checkedSchema.safeParse(values);
  faults.push(...(result.error?.issues.map(describe) ?? []));
  if (!result.success || faults.length > 0) {
    throw new Error(faults.join('; '));
  }
  return Object.freeze(result.data);
}

function valuesOf(variables: NodeJS.ProcessEnv): { values: Values; faults: string[] } {
  const values: Values = { options: {} };
  const faults: string[] = [];
  for (const variable of VARIABLES) {
    const text = variables[variable.name];
    try {
      if (text) {
        put(values, variable.path, valueOf(variable, text));
      }
    } catch (error) {
      faults.push(`${variable.name}: ${(error as Error).message}`);
    }
  }
  return { values, faults };
}

interface Values {
  [name: string]: unknown;
}

function put(values: Values, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    values[name] = value;
    return;
  }
  const inner = (values[name] ?? {}) as Values;
  values[name] = inner;
  put(inner, rest, value);
}

/** Converts to the schema's type. Text that cannot be converted stays text, and the schema then reports it. */
function valueOf({ schema, notes }: Variable, text: string): unknown {
  if (notes.read) {
    return notes.read(text);
  }
  const kind = innermost(schema);
  if (kind instanceof z.ZodNumber && /^\d+(\.\d+)?$/.test(text)) {
    return Number(text);
  }
  return kind instanceof z.ZodBoolean && /^(true|false)$/.test(text) ? text === 'true' : text;
}

function describe({ path, message }: z.core.$ZodIssue): string {
  const variable = VARIABLES.find((one) => one.path.every((name, depth) => name === path[depth]));
  return variable ? `${variable.name}: ${message}` : message;
}
