import { VARIABLES } from './variables.js';

const NAMES = VARIABLES.map(({ name }) => name);

/** Variables that resemble ours but come from Kubernetes (services), Docker (links) or Heroku. */
const FOREIGN_VARIABLES = new RegExp(
  [
    /_SERVICE_(HOST|PORT)(_\w+)?=/,
    /_PORT=(tcp|udp|sctp):/,
    /_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?=/,
    /^REDIS_NAME=\//,
    /^REDIS_ENV_/,
    /^REDIS_TLS_URL=/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** One line that names variables that look like misspelled ones of the server; undefined if there are none. */
export function misspelledWarning(variables: NodeJS.ProcessEnv): string | undefined {
  const found = Object.entries(variables).flatMap(([name, value]) => {
    if (!value || NAMES.includes(name) || FOREIGN_VARIABLES.test(`${name}=${value}`)) {
      return [];
    }
    const meant = nearest(name.toUpperCase());
    return meant ? [`${name} (${meant}?)`] : name.startsWith('REDIS_') ? [name] : [];
  });
  return found.length > 0
    ? `Birdsong ignores ${found.join(', ')}: docs/options.md lists the variables that it reads.`
    : undefined;
}

function nearest(name: string): string | undefined {
  const [best] = NAMES.map((ours) => ({ ours, edits: editsBetween(name, ours) }))
    .filter(({ ours, edits }) => edits <= maxEdits(ours) || isSwap(name, ours, edits))
    .sort((a, b) => a.edits - b.edits);
  return best?.ours;
}

/** Short names resemble many others: PORTS and POST are not meant as PORT. */
const maxEdits = (name: string): number => Math.min(2, Math.floor(name.length / 5));

const isSwap = (a: string, b: string, edits: number): boolean =>
  edits === 1 && Array.from(a).sort().join('') === Array.from(b).sort().join('');

/** How many letters are missing, added, wrong, or swapped with their neighbour. */
function editsBetween(a: string, b: string): number {
  let previous: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const wrong = a[row - 1] === b[column - 1] ? 0 : 1;
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          at(above, column) + 1,
          at(current, column - 1) + 1,
          at(above, column - 1) + wrong,
          isSwapped ? at(previous, column - 2) + 1 : Infinity,
        ),
      );
    }
    [previous, above] = [above, current];
  }
  return at(above, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity;
