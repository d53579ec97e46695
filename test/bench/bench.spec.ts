import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Results {
  figures: {
    fanout: { server: string; readers: number; perSecond: number; failed?: boolean }[];
  };
}

const root = new URL('../..', import.meta.url).pathname;

async function run(args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, output };
}

test('a short benchmark checks every delivery and writes what it measured', async () => {
  const out = await mkdtemp(join(tmpdir(), 'birdsong-bench-'));
  expect((await run(['bench/build.mjs'])).code).toBe(0);
  const { code, output } = await run([
    'bench/dist/bench/main.js',
    ...['--quick', '--only', 'fanout', '--servers', 'birdsong-memory,floor', '--out', out],
  ]);
  const results = JSON.parse(await readFile(join(out, 'latest.json'), 'utf8')) as Results;
  await rm(out, { recursive: true });

  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toContain('CPU per delivery');
  for (const server of ['birdsong-memory', 'floor']) {
    const rows = results.figures.fanout.filter((row) => row.server === server);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ failed }) => failed)).toEqual([]);
  }
}, 120_000);
