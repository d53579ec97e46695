import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of the package as it is built for the tests: `package.json`, and `dist/`, which no other build touches.
 * Jest runs the sources, and `npm run build:test` has built it; the benchmark and the soak are compiled into theirs.
 */
export const builtPackage = findBuiltPackage();

function findBuiltPackage(): string {
  const folder = nearestPackage(new URL('.', import.meta.url));
  const built = import.meta.url.endsWith('.ts') ? join(folder, 'build/test') : folder;
  if (!existsSync(join(built, 'dist'))) throw new Error('Nothing is built: npm run build:test');
  return built;
}

function nearestPackage(folder: URL): string {
  return existsSync(new URL('package.json', folder))
    ? fileURLToPath(folder)
    : nearestPackage(new URL('..', folder));
}
