import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtPackage } from '../harness/built-package.js';
import { ServerProcess } from '../harness/server-process.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of an example beside the packages it asks for, built by its own tsconfig. */
export class BuiltExample {
  private constructor(
    private readonly folder: string,
    private readonly app: string,
  ) {}

  static async build(name: string): Promise<BuiltExample> {
    const folder = await mkdtemp(join(tmpdir(), 'birdsong-example-'));
    const app = join(folder, name);
    const isOurs = (path: string) => !/\/(node_modules|dist)$/.test(path);
    await cp(join(repository, 'examples', name), app, { recursive: true, filter: isOurs });
    await mkdir(join(app, 'node_modules'));
    await symlink(builtPackage, join(app, 'node_modules/birdsong'));
    await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    const build = new ServerProcess(process.execPath, [compiler, '-p', app]);
    const { code } = await build.untilExit();
    if (code !== 0) throw new Error(build.output);
    return new BuiltExample(folder, app);
  }

  start(env: Record<string, string> = {}): ServerProcess {
    return new ServerProcess(process.execPath, ['dist/main.js'], {
      cwd: this.app,
      env: { PORT: '0', NO_COLOR: '1', ...env },
    });
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
