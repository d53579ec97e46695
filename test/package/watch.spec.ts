import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { appendFile, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../harness/server-process.js';
import { bin, repository } from './commands.js';

const SOURCES = ['src', 'package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];
const DEADLINE_MS = 60_000;

let folder: string;
let watching: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'birdsong-watch-'));
  for (const path of SOURCES) {
    await cp(join(repository, path), join(folder, path), { recursive: true });
  }
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
  const { scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    scripts: { dev: string };
  };
  const [, ...args] = scripts.dev.split(' ');
  watching = new ServerProcess(bin('nest'), args, {
    cwd: folder,
    env: { PORT: '0', HOST: '127.0.0.1', NO_COLOR: '1' },
    withChildren: true,
  });
}, DEADLINE_MS);
afterAll(async () => {
  await watching.end('SIGKILL');
  await rm(folder, { recursive: true });
});

const PRINT_LUA = `
  import { readFileSync } from 'node:fs';
  process.stdout.write(readFileSync(new URL('engines/redis/lua/read.lua', import.meta.url), 'utf8'));`;

it(
  'npm run dev restarts the server when its code or its Lua changes',
  async () => {
    await watching.untilOutput(/listening on http:/, { deadlineMs: DEADLINE_MS });
    await appendFile(join(folder, 'src/main.ts'), PRINT_LUA);
    await watching.untilOutput(/redis\.call/, { deadlineMs: DEADLINE_MS });
    await appendFile(join(folder, 'src/engines/redis/lua/read.lua'), '-- The Lua is new.\n');
    const [printed] = await watching.untilOutput(/The Lua is new/, { deadlineMs: DEADLINE_MS });

    expect(printed).toBe('The Lua is new');
  },
  DEADLINE_MS * 3,
);
