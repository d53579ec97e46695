import type { Variable } from '../../src/server/variables.js';
import { SECTIONS } from './sections.js';
import { defaultOf, rangeOf, sentence, wrap } from './text.js';

const HEAD = `# Settings of the Birdsong server. Copy to .env and change what you need.
#
#   docker compose up                       reads .env by itself
#   node --env-file=.env dist/main.js       without Docker
#
# A value stands for the default. A name behind "# " is not set by default.
# Written by "npm run options"; docs/options.md has the same to read.
`;

export function envExample(): string {
  const sections = SECTIONS.map(
    ({ title, variables }) => `# --- ${title} ---\n\n${variables.map(entry).join('\n')}`,
  );
  return [HEAD, ...sections].join('\n');
}

function entry({ name, schema, notes }: Variable): string {
  const range = rangeOf(schema, name);
  const words = [
    notes.text,
    notes.onServer,
    range && sentence(range),
    notes.unset && `Not set: ${notes.unset}.`,
  ];
  const text = words.filter(Boolean).join(' ').replaceAll('`', '');
  const value = defaultOf(schema);
  const line =
    value === undefined ? `# ${name}=${notes.example ?? ''}` : `${name}=${JSON.stringify(value)}`;
  return [...wrap(text, '# ', 110), line.replaceAll('"', ''), ''].join('\n');
}
