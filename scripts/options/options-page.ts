import { z } from 'zod';
import { birdsongSchema, extrasSchema } from '../../src/config/birdsong-schema.js';
import { innermost, notesOf, type OptionNotes } from '../../src/config/option.js';
import { VARIABLES } from '../../src/server/variables.js';
import { defaultText, rangeOf, wrap } from './text.js';

const HEAD = `<!-- Written by \`npm run options\`: change the schema instead. -->

# Options

An app gives options to \`BirdsongModule.forRoot()\`. The stand-alone server reads them from its environment, by the
variables named here; [.env.example](../.env.example) has all variables with their defaults. A wrong value stops the
start with a message that names it. A variable that looks misspelled gets a warning.

Policies have their own options: [\`PolicyOptions\`](../src/channels/policy.ts).
`;

export function optionsPage(): string {
  return [
    HEAD,
    '## Module and server\n',
    ...entriesOf(birdsongSchema, []),
    '## Only `forRoot` and `forRootAsync`\n',
    'Give them beside the other options; with `forRootAsync`, beside `useFactory`.\n',
    ...entriesOf(extrasSchema, []),
    '## Only the server\n',
    ...VARIABLES.filter(({ path }) => path.length === 1).map(({ name, schema, notes }) =>
      entry(name, schema, notes),
    ),
  ].join('\n');
}

function entriesOf({ shape }: z.ZodObject, parent: readonly string[]): string[] {
  return Object.entries(shape).flatMap(([key, child]) => {
    const schema = child as z.ZodType;
    const path = [...parent, key];
    const content = innermost(schema);
    const notes = notesOf(schema);
    return [
      ...(notes ? [entry(path.join('.'), schema, notes)] : []),
      ...(content instanceof z.ZodObject ? entriesOf(content, path) : []),
    ];
  });
}

function entry(name: string, schema: z.ZodType, notes: OptionNotes): string {
  const fallback = defaultText(schema, name, notes);
  const facts = [
    notes.variable && `\`${notes.variable}\``,
    rangeOf(schema, name),
    fallback && `default${fallback === notes.unset ? ': ' : ' '}${fallback}`,
  ];
  const text = [notes.text, notes.inApp, notes.onServer];
  return [
    `### \`${name}\`\n`,
    ...wrap(linked(text.filter(Boolean).join(' ')), '', 116),
    '',
    ...facts.filter(Boolean).map((fact) => `- ${fact}`),
    '',
  ].join('\n');
}

const linked = (text: string): string => text.replace(/docs\/(\w+\.md)/g, '[docs/$1]($1)');
