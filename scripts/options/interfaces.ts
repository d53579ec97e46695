import { z } from 'zod';
import { innermost, notesOf } from '../../src/config/option.js';
import { defaultText, isOptional, rangeOf, wrap } from './text.js';

/** An interface to generate, with its docs. */
export interface Declaration {
  readonly name: string;
  readonly docs: string;
  readonly schema: z.ZodObject;
}

/** Renders these interfaces as TypeScript, after those of the objects in them. */
export function interfaces(declarations: readonly Declaration[]): string {
  const found = new Map<string, string>();
  declarations.forEach((declaration) => declare(declaration, found));
  return `// Written by \`npm run options\`: change the schema instead.\n\n${[...found.values()].join('\n')}`;
}

function declare({ name, docs, schema }: Declaration, found: Map<string, string>): void {
  const members = Object.entries(schema.shape).map(([key, child]) => {
    const option = child as z.ZodType;
    const type = typeOf(option, found);
    const mark = isOptional(option) ? '?' : '';
    const member = type.startsWith('(')
      ? `${key}${mark}${type};`
      : `readonly ${key}${mark}: ${type}${mark && ' | undefined'};`;
    return `${comment(docsOf(option, key), '  ')}\n  ${member}\n`;
  });
  found.set(name, `${comment(docs, '')}\nexport interface ${name} {\n${members.join('')}}\n`);
}

function typeOf(schema: z.ZodType, found: Map<string, string>): string {
  const notes = notesOf(schema);
  const kind = innermost(schema);
  if (kind instanceof z.ZodObject && notes?.type && /^\w+$/.test(notes.type)) {
    declare({ name: notes.type, docs: notes.text, schema: kind }, found);
  }
  if (notes?.type) {
    return notes.type;
  }
  if (kind instanceof z.ZodArray) {
    return `readonly ${typeOf(kind.element as z.ZodType, found)}[]`;
  }
  if (kind instanceof z.ZodEnum) {
    return kind.options.map((value) => `'${value}'`).join(' | ');
  }
  return kind.type;
}

function docsOf(schema: z.ZodType, name: string): string {
  const notes = notesOf(schema);
  if (!notes) {
    throw new Error(`${name} has no notes.`);
  }
  const kind = innermost(schema);
  const fallback = isOptional(schema) && defaultText(schema, name, notes);
  return [
    notes.text,
    notes.inApp,
    kind instanceof z.ZodNumber && `A ${rangeOf(schema, name)}.`,
    fallback && (fallback === notes.unset ? `Default: ${fallback}.` : `Default ${fallback}.`),
  ]
    .filter(Boolean)
    .join(' ');
}

function comment(text: string, indent: string): string {
  const short = `${indent}/** ${text} */`;
  return short.length <= 100
    ? short
    : [`${indent}/**`, ...wrap(text, `${indent} * `, 118), `${indent} */`].join('\n');
}
