// node scripts/compile.mjs OUT FOLDER...
// Compiles TypeScript that is not the product into OUT, with the compiler that the tests use. The product is not
// compiled here: servers are started from dist/, as its users start them.
import { transformFile } from '@swc/core';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SWC } from './swc.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const [out, ...folders] = process.argv.slice(2);

function sourcesIn(folder) {
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'dist' ? [] : sourcesIn(path);
    return path.endsWith('.ts') && !path.endsWith('.spec.ts') ? [path] : [];
  });
}

async function compile(path) {
  const { code } = await transformFile(join(repository, path), {
    swcrc: false,
    ...SWC,
  });
  const target = join(repository, out, path.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
}

rmSync(join(repository, out), { recursive: true, force: true });
await Promise.all(folders.flatMap(sourcesIn).map(compile));
