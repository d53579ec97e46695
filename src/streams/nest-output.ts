import type { ServerResponse } from 'node:http';
import { escapeLineSeparators, LINE_SEPARATOR } from '../protocol/line-separators.js';

const DATA = 'data: ';

/**
 * Corrects what Nest writes for an `@Sse()` handler, for clients that are not strict. Nest begins with a blank line, which
 * some hand out as an event without data: this makes a comment of it. Data that is JSON gets its line separators escaped.
 * Nest writes each event at once, as a string.
 */
export function correctNestOutput(response: ServerResponse): void {
  const write = response.write.bind(response) as (...parts: unknown[]) => boolean;
  response.write = (chunk: unknown, ...rest: unknown[]) =>
    write(typeof chunk === 'string' ? correct(chunk) : chunk, ...rest);
}

function correct(text: string): string {
  if (text === '\n') {
    return ':\n';
  }
  return LINE_SEPARATOR.test(text) ? text.split('\n').map(correctLine).join('\n') : text;
}

function correctLine(line: string): string {
  return line.startsWith(DATA) && isJson(line.slice(DATA.length))
    ? escapeLineSeparators(line)
    : line;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
