import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The version of one of Nest's packages, as resolved from this package; undefined if it is not installed. */
export function installedVersion(name: string): string | undefined {
  try {
    // Read beside the entry point, because Nest 12.0 and 12.1 do not export package.json.
    const manifest = join(dirname(require.resolve(name)), 'package.json');
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** Whether a version is in one of the ranges, each `^major.minor.0`, separated by ` || `. */
export function isInRange(version: string, ranges: string): boolean {
  const [major, minor = 0] = version.split('.').map(Number);
  return ranges.split(' || ').some((range) => {
    const [firstMajor, firstMinor = 0] = range.slice('^'.length).split('.').map(Number);
    return major === firstMajor && minor >= firstMinor;
  });
}
