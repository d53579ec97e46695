import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtPackage } from '../harness/built-package.js';
import { request } from '../harness/http-client.js';
import { PackageFolder } from './package-folder.js';

interface Manifest {
  peerDependencies: Record<string, string>;
}

/** An app that prints why it did not start. */
const START = (imports: string) => `
  import { createRequire } from 'node:module';
  import { NestFactory } from '@nestjs/core';
  import { BirdsongModule } from 'birdsong';
  const require = createRequire(import.meta.url);
  class AppModule {}
  Reflect.defineMetadata('imports', [${imports}], AppModule);
  try {
    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.init();
    await app.close();
    console.log('started');
  } catch (error) {
    console.log(error.message);
  }`;

const ONE = START('BirdsongModule.forRoot({ channels: {} })');

describe('The package', () => {
  let folder: PackageFolder;

  beforeEach(async () => {
    folder = await PackageFolder.create();
  });
  afterEach(() => folder.remove());

  it('is one copy in a process, whether imported or required', async () => {
    const { stdout, stderr } = await folder.run(`
      import { createRequire } from 'node:module';
      import * as imported from 'birdsong';
      const required = createRequire(import.meta.url)('birdsong');
      console.log(Object.keys(imported).every((name) => imported[name] === required[name]));`);

    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
  });

  it('refuses an app that has two copies in it', async () => {
    const { stdout } = await folder.run(
      START(`
        BirdsongModule.forRoot({ channels: {} }),
        require('./node_modules/birdsong/dist/cjs/index.js').BirdsongModule.forRoot({ channels: {} }),`),
    );

    expect(stdout).toMatch(/^Birdsong: this app imports BirdsongModule from two copies .+\n$/);
  });

  it.each(['10.4.15', '11.1.29', '13.0.0'])('refuses Nest %s', async (version) => {
    const { peerDependencies } = JSON.parse(
      await readFile(join(builtPackage, 'package.json'), 'utf8'),
    ) as Manifest;
    await folder.setNest('core', version);
    const { stdout } = await folder.run(ONE);

    const range = peerDependencies['@nestjs/core'];
    expect(stdout).toBe(`Birdsong runs on Nest ${String(range)}; this app has Nest ${version}.\n`);
  });

  it.each(['11.2.0', '12.99.0'])('takes Nest %s', async (version) => {
    await folder.setNest('core', version);

    expect((await folder.run(ONE)).stdout).toBe('started\n');
  });

  it('starts an app without an HTTP adapter', async () => {
    await folder.setNest('platform-express', undefined);
    const { stdout } = await folder.run(ONE.replace('create(', 'createApplicationContext('));

    expect(stdout).toBe('started\n');
  });

  it('has a command that starts the server with its page', async () => {
    const server = folder.startCommand();
    try {
      const [, url = ''] = await server.untilOutput(/listening on (http:\S+)\s/);
      const page = await request(url);
      const json = { data: { name: 'Ada', message: 'hello' } };

      expect(page.text).toContain('<title>Birdsong</title>');
      expect((await request(`${url}/channels/chat.lobby/messages`, { json })).status).toBe(201);
    } finally {
      await server.end('SIGTERM');
    }
  });

  it.each([
    ['platform-express', undefined],
    ['platform-express', '11.2.10'],
    ['core', '12.0.4'],
    ['core', '11.2.10'],
  ])('has a command that says what to install where %s is %s', async (name, version) => {
    await folder.setNest(name, version);
    const { code, stderr } = await folder.runCommand();

    expect(code).toBe(1);
    expect(stderr).toBe(
      `Birdsong did not start: the server needs Nest ^12.1.0 with Express: npm install @nestjs/${name}@12\n`,
    );
  });
});
