import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The version of one of Nest's packages, as this package finds it; undefined if it is not there. */
export function installedVersion(name: string): string | undefined {
  try {
    // Beside the entry point: Nest 12.0 and 12.1 do not export it.
    const manifest = join(dirname(require.resolve(name)), 'package.json');
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** Whether a version is in one of the ranges `^major.minor.0`, between which stands ` || `. */
export function isInRange(version: string, ranges: string): boolean {
  const [major, minor = 0] = version.split('.').map(Number);
  return ranges.split(' || ').some((range) => {
    const [firstMajor, firstMinor = 0] = range.slice('^'.length).split('.').map(Number);
    return major === firstMajor && minor >= firstMinor;
  });
}
