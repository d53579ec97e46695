import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultDeadlineMs } from '../harness/deadline.js';
import { freePort } from '../harness/free-port.js';
import { request } from '../harness/http-client.js';
import { ServerProcess } from '../harness/server-process.js';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm pack --json` tells of a tarball. */
export interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string; size: number }[];
}

/** As a new Nest app has it, before anything is added. */
const PACKAGE = {
  name: 'fresh-app',
  private: true,
  type: 'module',
  dependencies: {
    '@nestjs/common': '^12.0.0',
    '@nestjs/core': '^12.0.0',
    '@nestjs/platform-express': '^12.0.0',
    'reflect-metadata': '^0.2.0',
    rxjs: '^7.8.0',
  },
  devDependencies: { '@types/node': '^20.19.0' },
};

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2023',
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    types: ['node'],
    strict: true,
    isolatedModules: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    rootDir: 'src',
    outDir: 'dist',
  },
  include: ['src'],
};

/** A new Nest app in a temporary folder, into which Birdsong is installed from its tarball. */
export class FreshApp {
  private constructor(
    readonly folder: string,
    readonly packed: Packed,
  ) {}

  static async install(): Promise<FreshApp> {
    const folder = await mkdtemp(join(tmpdir(), 'birdsong-package-'));
    try {
      const listing = await npm(
        repository,
        'pack',
        '--json',
        // Built already; a build now would pull dist from under other tests.
        '--ignore-scripts',
        '--pack-destination',
        folder,
      );
      const [packed] = JSON.parse(listing) as [Packed];
      await mkdir(join(folder, 'src'));
      await writeFile(join(folder, 'package.json'), JSON.stringify(PACKAGE));
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
      const quietly = ['--no-audit', '--no-fund', '--prefer-offline'];
      await npm(folder, 'install', ...quietly, `./${packed.filename}`);
      return new FreshApp(folder, packed);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Compiles this as the app's only file, as a Nest app is compiled. */
  async compile(source: string): Promise<void> {
    await writeFile(join(this.folder, 'src/main.ts'), source);
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    await complete(new ServerProcess(process.execPath, [compiler], { cwd: this.folder }));
  }

  /** Starts what was compiled; whoever starts it ends it. */
  async start(): Promise<{ server: ServerProcess; url: string }> {
    const port = await freePort();
    const server = new ServerProcess(process.execPath, ['dist/main.js'], {
      cwd: this.folder,
      env: { PORT: String(port), NO_COLOR: '1' },
    });
    try {
      // Nest says so just before it listens.
      await server.untilOutput(/successfully started/);
      const url = `http://localhost:${port}`;
      await untilItAnswers(url);
      return { server, url };
    } catch (error) {
      await server.end('SIGKILL');
      throw error;
    }
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** The code block of the README that follows this comment. */
export async function readmeBlock(marker: string): Promise<string> {
  const readme = await readFile(join(repository, 'README.md'), 'utf8');
  const block = new RegExp(`<!-- ${marker} -->\\s*\`\`\`ts\\n(.*?)\`\`\``, 's').exec(readme)?.[1];
  if (block === undefined) throw new Error(`README.md has no block marked ${marker}`);
  return block;
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  // Its configuration may come from the environment.
  const inherited = Object.entries(process.env).filter(([, value]) => value !== undefined);
  const env = Object.fromEntries(inherited) as Record<string, string>;
  return complete(new ServerProcess('npm', args, { cwd, env }));
}

/** What a process that must end well wrote. */
async function complete(run: ServerProcess): Promise<string> {
  const { code } = await run.untilExit(120_000);
  if (code !== 0) throw new Error(run.output);
  return run.stdout;
}

async function untilItAnswers(url: string): Promise<void> {
  const late = performance.now() + defaultDeadlineMs;
  for (;;) {
    try {
      await request(url);
      return;
    } catch (error) {
      if (performance.now() > late) throw error;
    }
  }
}
