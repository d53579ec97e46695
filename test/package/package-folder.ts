import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtPackage } from '../harness/built-package.js';
import { type Exit, ServerProcess } from '../harness/server-process.js';
import { repository } from './commands.js';

const installed = join(repository, 'node_modules');
const NEST = ['common', 'core', 'event-emitter', 'platform-express'];

export interface Run extends Exit {
  stdout: string;
  stderr: string;
}

/** A folder in which Birdsong is installed as npm would install it, beside a Nest that can be changed. */
export class PackageFolder {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<PackageFolder> {
    const folder = await mkdtemp(join(tmpdir(), 'birdsong-folder-'));
    const modules = join(folder, 'node_modules');
    await mkdir(join(modules, '@nestjs'), { recursive: true });
    for (const name of await readdir(installed)) {
      if (name !== '@nestjs') await symlink(join(installed, name), join(modules, name));
    }
    // Not linked: they have to find each other here.
    for (const name of NEST)
      await cp(join(installed, '@nestjs', name), join(modules, '@nestjs', name), {
        recursive: true,
      });
    for (const part of ['package.json', 'dist']) {
      await cp(join(builtPackage, part), join(modules, 'birdsong', part), { recursive: true });
    }
    return new PackageFolder(folder);
  }

  /** Makes Nest's `name` appear as this version, or as not installed. */
  async setNest(name: string, version: string | undefined): Promise<void> {
    const folder = join(this.folder, 'node_modules/@nestjs', name);
    if (version === undefined) return rm(folder, { recursive: true });
    const file = join(folder, 'package.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...manifest, version }));
  }

  /** Runs an ES module until it ends. */
  async run(source: string): Promise<Run> {
    await writeFile(join(this.folder, 'main.mjs'), source);
    return this.end('main.mjs');
  }

  /** Runs the package's command until it ends. */
  runCommand(): Promise<Run> {
    return this.end('node_modules/birdsong/dist/bin.js');
  }

  /** Starts the package's command. The caller ends it. */
  startCommand(): ServerProcess {
    return this.start('node_modules/birdsong/dist/bin.js');
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  private async end(file: string): Promise<Run> {
    const node = this.start(file);
    const exit = await node.untilExit();
    return { ...exit, stdout: node.stdout, stderr: node.stderr };
  }

  private start(file: string): ServerProcess {
    return new ServerProcess(process.execPath, [file], {
      cwd: this.folder,
      env: { PORT: '0', HOST: '127.0.0.1', NO_COLOR: '1' },
    });
  }
}
