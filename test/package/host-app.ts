import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultDeadlineMs } from '../harness/deadline.js';
import { freePort } from '../harness/free-port.js';
import { request } from '../harness/http-client.js';
import { ServerProcess } from '../harness/server-process.js';
import { pack, run } from './commands.js';
import type { Format, Nest } from './nest-versions.js';

export type Adapter = 'Express' | 'Fastify';

interface Manifest {
  type?: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

/** What a new app has for its style, its deployment and its other tests: half of the time to install. */
const UNUSED = /lint|prettier|globals|supertest|coverage|mau$|source-map|ts-loader|ts-node/;

const QUIETLY = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

/** New apps of one Nest version in a temporary folder, one for each format, with shared dependencies. */
export class HostApp {
  private constructor(
    private readonly folder: string,
    private readonly nest: Nest,
  ) {}

  static async install(nest: Nest): Promise<HostApp> {
    const folder = await mkdtemp(join(tmpdir(), `birdsong-nest-${nest.major}-`));
    const app = new HostApp(folder, nest);
    try {
      for (const format of ['ESM', 'CommonJS'] as const) await app.create(format);
      await app.installAll();
      return app;
    } catch (error) {
      await app.remove();
      throw error;
    }
  }

  get modules(): string {
    return join(this.folder, 'node_modules');
  }

  /** Installs this adapter, and no other. */
  async use(adapter: Adapter): Promise<void> {
    const manifest = await readManifest(this.folder);
    const { dependencies } = manifest;
    for (const name of Object.keys(dependencies)) {
      if (name.includes('/platform-')) Reflect.deleteProperty(dependencies, name);
    }
    dependencies[`@nestjs/platform-${adapter.toLowerCase()}`] = `^${this.nest.major}.0.1`;
    await writeManifest(this.folder, manifest);
    await run(this.folder, 'npm', 'install', ...QUIETLY);
  }

  /** Builds the app with its own command, from this source alone. */
  async build(format: Format, source: string): Promise<void> {
    await writeFile(join(this.folder, format, 'src/main.ts'), source);
    await run(join(this.folder, format), 'npm', 'run', 'build');
  }

  /** Runs the app's own tests, which are this one. */
  async test(spec: string): Promise<void> {
    const app = join(this.folder, this.nest.tested);
    await writeFile(join(app, 'src/birdsong.spec.ts'), spec);
    await run(app, 'npm', 'test');
  }

  /** Starts the built app. The caller ends it. */
  async start(format: Format): Promise<{ server: ServerProcess; url: string }> {
    const port = await freePort();
    const server = new ServerProcess(process.execPath, ['dist/main'], {
      cwd: join(this.folder, format),
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

  private async create(format: Format): Promise<void> {
    const [program, ...args] = this.nest.create(format);
    await run(this.folder, program, ...args);
    const app = join(this.folder, format);
    await rename(join(this.folder, 'app'), app);
    for (const file of ['controller', 'controller.spec', 'module', 'service']) {
      await rm(join(app, `src/app.${file}.ts`));
    }
    // The CLI of Nest 11 makes CommonJS apps only; this is what people change.
    const manifest = await readManifest(app);
    await writeManifest(app, { ...manifest, type: format === 'ESM' ? 'module' : 'commonjs' });
  }

  private async installAll(): Promise<void> {
    const { dependencies, devDependencies } = await readManifest(
      join(this.folder, this.nest.tested),
    );
    const used = Object.entries(devDependencies).filter(([name]) => !UNUSED.test(name));
    await writeManifest(this.folder, { dependencies, devDependencies: Object.fromEntries(used) });
    const { filename } = await pack(this.folder);
    await run(this.folder, 'npm', 'install', ...QUIETLY, `./${filename}`, ...this.nest.beside);
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  return writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
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
