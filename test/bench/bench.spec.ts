import { beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Row {
  server: string;
  failed?: boolean;
}

interface Results {
  figures: {
    fanout: (Row & { readers: number; perSecond: number })[];
    stalled: (Row & { publishedCount: number; keptCount: number; p99Ratio: number })[];
  };
}

/** Only ends what hangs. */
const DEADLINE_MS = 600_000;
const root = new URL('../..', import.meta.url).pathname;

async function run(args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, output };
}

async function measure(
  figure: string,
  servers: readonly string[],
): Promise<{ figures: Results['figures']; output: string }> {
  const out = await mkdtemp(join(tmpdir(), 'birdsong-bench-'));
  const { code, output } = await run([
    ...['bench/dist/bench/main.js', '--quick', '--only', figure],
    ...['--servers', servers.join(','), '--out', out],
  ]);
  expect({ code, output }).toMatchObject({ code: 0 });
  const results = JSON.parse(await readFile(join(out, 'latest.json'), 'utf8')) as Results;
  await rm(out, { recursive: true });
  return { figures: results.figures, output };
}

beforeAll(async () => {
  expect((await run(['scripts/compile.mjs', 'bench/dist', 'bench', 'test/harness'])).code).toBe(0);
});

test(
  'a short benchmark checks every delivery and writes what it measured',
  async () => {
    const servers = ['birdsong-memory', 'birdsong-observe', 'floor'];
    const { figures, output } = await measure('fanout', servers);

    expect(output).toContain('CPU per delivery');
    for (const server of servers) {
      const rows = figures.fanout.filter((row) => row.server === server);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.filter(({ failed }) => failed)).toEqual([]);
    }
  },
  DEADLINE_MS,
);

test(
  'a short benchmark tells how much a server keeps for a reader that never reads',
  async () => {
    const servers = ['birdsong-memory', 'floor'];
    const { figures, output } = await measure('stalled', servers);

    expect(output).toContain('One of 200 readers does not read');
    expect(figures.stalled.map(({ server }) => server).toSorted()).toEqual(servers);
    for (const { server, publishedCount, keptCount, p99Ratio } of figures.stalled) {
      expect(p99Ratio).toBeGreaterThan(0);
      if (server === 'floor') expect(keptCount).toBe(publishedCount);
      else expect(keptCount).toBeLessThan(publishedCount);
    }
  },
  DEADLINE_MS,
);
