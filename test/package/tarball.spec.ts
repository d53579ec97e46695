import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack, repository, type Packed } from './commands.js';

/** What only the stand-alone server has, and the command that starts it: these are ES modules alone. */
const SERVER = /^(server\/|(main|bin|app\.module)$)/;

describe('The tarball', () => {
  let folder: string;
  let packed: Packed;
  let paths: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'birdsong-tarball-'));
    packed = await pack(folder);
    paths = packed.files.map(({ path }) => path);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('holds what is built, with its documents, and nothing else', () => {
    const others = paths.filter((path) => !/^(dist|docs)\//.test(path));

    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(paths.filter((path) => /\.(spec|test)\.|\.tsx?$|\.env/.test(path))).toEqual(
      paths.filter((path) => path.endsWith('.d.ts')),
    );
  });

  it('holds code and types of every source in both formats, and of no source that is gone', async () => {
    const sources = (await readdir(join(repository, 'src'), { recursive: true }))
      .filter((path) => path.endsWith('.ts'))
      .map((path) => path.slice(0, -'.ts'.length))
      .sort();
    const built = (format: RegExp, suffix: string) =>
      paths
        .filter((path) => format.test(path) && path.endsWith(suffix))
        .map((path) => path.replace(format, '').slice(0, -suffix.length))
        .sort();

    for (const suffix of ['.js', '.d.ts']) {
      expect(built(/^dist\/(?!cjs\/|web\/)/, suffix)).toEqual(sources);
      expect(built(/^dist\/cjs\//, suffix)).toEqual(sources.filter((path) => !SERVER.test(path)));
    }
  });

  it('holds the scripts for Redis and the page', async () => {
    const scripts = await readdir(join(repository, 'src/engines/redis/lua'));

    for (const dist of ['dist', 'dist/cjs']) {
      expect(paths).toEqual(
        expect.arrayContaining(scripts.map((script) => `${dist}/engines/redis/lua/${script}`)),
      );
    }
    expect(paths).toContain('dist/web/index.html');
    expect(paths.filter((path) => /^dist\/web\/assets\/.+\.(js|css)$/.test(path))).toHaveLength(2);
  });

  it('is small', () => {
    expect(packed.size).toBeLessThan(440_000);
    expect(packed.unpackedSize).toBeLessThan(2_000_000);
  });
});
