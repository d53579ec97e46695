// node scripts/compile.mjs OUT FOLDER...
// Compiles TypeScript that is not part of the product into OUT, with the compiler of the tests. The product is not
// compiled here: servers are started from dist/, as users start them.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFolder } from './swc.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const [out, ...folders] = process.argv.slice(2);

for (const folder of folders) {
  const target = join(repository, out, folder);
  rmSync(target, { recursive: true, force: true });
  await compileFolder(join(repository, folder), target);
}
