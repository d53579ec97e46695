/**
 * The characters at which some clients end a line, although the standard does not, and which JSON may hold as they are:
 * Python's `splitlines()` and Java's `\R` take them for line breaks.
 */
export const LINE_SEPARATOR = /[\u0085\u2028\u2029]/;

const ALL = new RegExp(LINE_SEPARATOR, 'g');

/** The same JSON with these characters escaped. They occur only in its strings. */
export function escapeLineSeparators(json: string): string {
  return json.replace(
    ALL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
