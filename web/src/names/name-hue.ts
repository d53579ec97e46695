const HUE_COUNT = 8;

/** A colour class that stays the same for the same name. */
export function hueClass(name: string): string {
  // FNV-1a, whose upper bits are mixed better.
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return `hue-${(hash >>> 16) % HUE_COUNT}`;
}
