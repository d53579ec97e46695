import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from './commands.js';
import type { Adapter } from './host-app.js';
import type { Format } from './nest-versions.js';

/** The app that the README shows: its lines as they stand there, in the words of the adapter and the format. */
export async function readmeApp(format: Format, adapter: Adapter): Promise<string> {
  const printed = await readmeBlock('embed');
  const lines = adapter === 'Fastify' ? onFastify(printed) : printed;
  return format === 'CommonJS' ? inBootstrap(lines) : lines;
}

/** The code block of the README that follows this comment. */
async function readmeBlock(marker: string): Promise<string> {
  const readme = await readFile(join(repository, 'README.md'), 'utf8');
  const block = new RegExp(`<!-- ${marker} -->\\s*\`\`\`ts\\n(.*?)\`\`\``, 's').exec(readme)?.[1];
  if (block === undefined) throw new Error(`README.md has no block marked ${marker}`);
  return block;
}

function onFastify(lines: string): string {
  const created = 'NestFactory.create(AppModule)';
  if (!lines.includes(created)) throw new Error(`README.md does not say ${created}`);
  return (
    `import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';\n` +
    lines.replace(
      created,
      'NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter())',
    )
  );
}

/** CommonJS has no top-level await: the Nest CLI writes such a function. */
function inBootstrap(lines: string): string {
  const [declared, awaiting] = lines.split(/^(?=const app = await)/m);
  if (awaiting === undefined) throw new Error('README.md does not say `const app = await`');
  return `${String(declared)}async function bootstrap() {\n${awaiting}}\nvoid bootstrap();\n`;
}

/** What the app tests by itself, with Jest or with Vitest. */
export const APP_SPEC = `
import { Test } from '@nestjs/testing';
import { Birdsong, BirdsongModule } from 'birdsong';

describe('An app with Birdsong', () => {
  it('reads what it has published', async () => {
    const app = await Test.createTestingModule({
      imports: [BirdsongModule.forRoot({ channels: { 'orders.:id': {} } })],
    }).compile();
    await app.init();
    const birdsong = app.get(Birdsong);
    const { id } = await birdsong.publish('orders.1', { status: 'shipped' });
    const { messages } = await birdsong.history('orders.1');

    expect(messages.map((message) => message.id)).toEqual([id]);
    await app.close();
  });
});
`;
