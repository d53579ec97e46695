import { transformFile } from '@swc/core';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The compiler options wherever `nest build` does not compile, including Jest. */
export const SWC = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** Compiles the TypeScript of `folder`, except specs, into `out`. */
export async function compileFolder(folder, out, options = {}, isWanted = () => true) {
  const sources = readdirSync(folder, { recursive: true }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && isWanted(path),
  );
  await Promise.all(
    sources.map(async (path) => {
      const { code } = await transformFile(join(folder, path), {
        swcrc: false,
        ...SWC,
        ...options,
      });
      const target = join(out, path.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }),
  );
}
