import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import * as source from '../../src/index.js';
import { builtPackage } from '../harness/built-package.js';
import { ServerProcess } from '../harness/server-process.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(builtPackage, 'dist');

interface PackageJson {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

/** Runs a module that prints JSON, in plain Node, until it ends by itself. */
async function run(code: string): Promise<unknown> {
  const node = new ServerProcess(process.execPath, ['--input-type=module', '-e', code], {
    cwd: builtPackage,
  });
  const { code: exitCode } = await node.untilExit();
  expect({ exitCode, stderr: node.stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(node.stdout) as unknown;
}

const readPackage = async () =>
  JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as PackageJson;

const filesOf = async (suffix: string) =>
  (await readdir(dist, { recursive: true }))
    .filter((file) => file.endsWith(suffix) && !file.startsWith('web/'))
    .map((file) => join(dist, file));

const packageOf = (specifier: string): string =>
  specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

describe('What is built', () => {
  it('exports in plain Node what the source exports, under the package’s name', async () => {
    const names = await run(
      `import * as birdsong from 'birdsong'; console.log(JSON.stringify(Object.keys(birdsong)))`,
    );

    expect(names).toEqual(Object.keys(source).sort());
    expect(names).toContain('BirdsongModule');
  });

  it('imports exactly the packages that it declares', async () => {
    const { dependencies, peerDependencies } = await readPackage();
    const imported = new Set<string>();
    for (const file of [...(await filesOf('.js')), ...(await filesOf('.d.ts'))]) {
      const { importedFiles } = ts.preProcessFile(await readFile(file, 'utf8'));
      for (const { fileName } of importedFiles) imported.add(packageOf(fileName));
    }
    const packages = [...imported].filter((name) => !name.startsWith('.') && !isBuiltin(name));

    expect(packages.sort()).toEqual(
      Object.keys({ ...dependencies, ...peerDependencies })
        // Nest requires these by itself.
        .filter((name) => name !== 'reflect-metadata')
        .sort(),
    );
  });

  it('has the scripts for Redis beside the code that loads them', async () => {
    const scripts = (await readdir(join(repository, 'src/engines/redis/lua'))).sort();

    for (const folder of ['engines/redis/lua', 'cjs/engines/redis/lua']) {
      expect((await readdir(join(dist, folder))).sort()).toEqual(scripts);
    }
  });
});
