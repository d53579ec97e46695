import { z } from 'zod';
import { innermost, type OptionNotes } from '../../src/config/option.js';

/** Wraps text into lines of at most `width` characters, each with `prefix`. */
export function wrap(text: string, prefix: string, width: number): string[] {
  const lines: string[] = [];
  let line = prefix;
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width && line !== prefix) {
      lines.push(line);
      line = prefix;
    }
    line += line === prefix ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** The kind and bounds of its values; undefined if only its text can say. */
export function rangeOf(schema: z.ZodType, name: string): string | undefined {
  const kind = innermost(schema);
  if (kind instanceof z.ZodNumber) {
    const what = kind.format === 'safeint' ? 'whole number' : 'number';
    const [min, max] = [kind.minValue ?? 0, kind.maxValue ?? 0].map(
      (bound) => sizeOf(bound, name) ?? figure(bound),
    );
    return `${what} from ${min} to ${max}`;
  }
  if (kind instanceof z.ZodEnum) {
    return `one of ${kind.options.map((value) => `\`${value}\``).join(', ')}`;
  }
  return kind instanceof z.ZodBoolean ? '`true` or `false`' : undefined;
}

export const defaultOf = (schema: z.ZodType): unknown =>
  schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;

/** Its default, in words; undefined if it is required. */
export function defaultText(
  schema: z.ZodType,
  name: string,
  { unset }: OptionNotes,
): string | undefined {
  const value = defaultOf(schema);
  if (typeof value === 'number') {
    const size = sizeOf(value, name);
    return figure(value) + (size ? ` (${size})` : '');
  }
  return value === undefined || Array.isArray(value)
    ? unset
    : `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}

export const isOptional = (schema: z.ZodType): boolean => schema.safeParse(undefined).success;

export const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`;

const figure = (value: number): string =>
  value < 10_000 ? String(value) : value.toLocaleString('en-GB');

const UNITS = [
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
] as const;

/** Bytes in a larger unit; undefined for anything but a large enough size. */
function sizeOf(value: number, name: string): string | undefined {
  const [size, unit] = UNITS.find(([one]) => value >= one && value % one === 0) ?? [];
  return size && /bytes$/i.test(name) ? `${value / size} ${unit}` : undefined;
}
