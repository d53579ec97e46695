import { parseArgs } from 'node:util';
import { CONTESTANT_NAMES, USUAL_NAMES, type ContestantName } from './contestants.js';
import { FIGURE_NAMES, type FigureName } from './figures/measured.js';

export interface Arguments {
  readonly only: readonly FigureName[];
  readonly servers: readonly ContestantName[];
  readonly quick: boolean;
  readonly seconds?: number;
  /** Where the results go. Default: `results/`, or `results/partial/` for a partial run. */
  readonly out?: string;
}

export const USAGE = `npm run bench -- [options]

  --only FIGURES     some of ${FIGURE_NAMES.join(',')}
  --servers NAMES    some of ${CONTESTANT_NAMES.join(',')};
                     default ${USUAL_NAMES.join(',')}
  --quick            shorter and smaller, to see that it works
  --seconds N        length of one measurement
  --out FOLDER       where the JSON and the charts go
`;

/** @throws Error that says what is wrong */
export function readArguments(given: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      only: { type: 'string' },
      servers: { type: 'string' },
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  if (seconds !== undefined && !(seconds >= 0.1 && seconds <= 60)) {
    throw new Error('--seconds is a number from 0.1 to 60');
  }
  return {
    only: choose('--only', values.only, FIGURE_NAMES, FIGURE_NAMES),
    servers: choose('--servers', values.servers, CONTESTANT_NAMES, USUAL_NAMES),
    quick: values.quick,
    ...(seconds !== undefined && { seconds }),
    ...(values.out !== undefined && { out: values.out }),
  };
}

/** The names in the order of `all`, in whatever order they were given. */
function choose<Name extends string>(
  option: string,
  given: string | undefined,
  all: readonly Name[],
  usual: readonly Name[],
): readonly Name[] {
  if (given === undefined) return usual;
  const names = given.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !all.some((known) => known === name));
  if (unknown.length > 0) {
    throw new Error(`${option}: no ${unknown.join(', ')}; there are ${all.join(', ')}`);
  }
  return all.filter((name) => names.includes(name));
}
