import { parseArgs } from 'node:util';
import { ENGINES, type EngineName } from './engines.js';

export interface Arguments {
  readonly seconds: number;
  readonly seed: number;
  readonly engine: EngineName;
}

export const USAGE = `npm run soak -- [options]

  --seconds N     how long; default 60
  --seed S        which faults, in which order: a whole number; default: any
  --engine NAME   what carries the messages: redis (default), cluster
`;

/** @throws Error that says what is wrong */
export function readArguments(given: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      engine: { type: 'string', default: 'redis' },
    },
  });
  return {
    seconds: whole('--seconds', values.seconds, 1, 86_400),
    seed: whole('--seed', values.seed, 0, 2 ** 31),
    engine: engineOf(values.engine),
  };
}

function engineOf(name: string): EngineName {
  if (name in ENGINES) return name as EngineName;
  throw new Error(`--engine: no ${name}; there are ${Object.keys(ENGINES).join(', ')}`);
}

function whole(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new Error(`${option} is a whole number from ${min} to ${max}`);
}
