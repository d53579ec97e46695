import { describe, expect, it } from '@jest/globals';
import { ServerProcess } from '../../harness/server-process.js';
import { sentMessages } from '../record/sent-messages.js';
import type { RedisWorld } from '../world/redis-world.js';
import { Dice } from './dice.js';
import { nextStep } from './fault.js';
import { REDIS_MIXES } from './redis-faults.js';
import { failuresOf, report } from './report.js';
import type { Round } from './soak.js';

const OUT = 'test/faults/dist';
/** Only ends what hangs. */
const LIMIT_MS = 300_000;

async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = new ServerProcess(process.execPath, args);
  const { code } = await child.untilExit(LIMIT_MS);
  return { code, output: child.output };
}

const compile = () => run('scripts/compile.mjs', OUT, 'test/faults', 'test/harness');
const soak = (...args: string[]) => run(`${OUT}/test/faults/soak/main.js`, ...args);

const world = {} as RedisWorld;

function schedule(seed: number): unknown[] {
  const dice = new Dice(seed);
  return Array.from({ length: 50 }, () => {
    const { calmCount, faults } = nextStep(world, REDIS_MIXES, dice);
    return [calmCount, ...faults.map(({ name }) => name)];
  });
}

const clean: Round = {
  ...{ engine: 'redis', seed: 1, tookSeconds: 2, faults: new Map([['redis is killed', 3]]) },
  outcome: {
    ...{ violations: [], lost: [], gapCount: 4, deliveryCount: 5000 },
    sends: { acknowledged: 1000, refused: 2, unknown: 1, refusals: [], slowestMs: 7.4 },
  },
};

describe('The soak', () => {
  it.each(['redis', 'cluster'])(
    'finds nothing wrong within a few faults of %s, and prints the counts',
    async (engine) => {
      await compile();
      const { code, output } = await soak(
        '--seconds',
        '12',
        '--seed',
        '20261120',
        '--engine',
        engine,
      );
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toContain(`npm run soak -- --seconds 12 --seed 20261120 --engine ${engine}\n`);
      expect(output).toMatch(/sends acknowledged +[1-9]/);
      expect(output).toMatch(/faults +[1-9]/);
      expect(output).toMatch(/losses +0\n/);
    },
    2 * LIMIT_MS,
  );

  it('has one schedule for one seed', () => {
    expect(schedule(1)).toEqual(schedule(1));
    expect(schedule(1)).not.toEqual(schedule(2));
  });

  it('fails by what the check finds, and by a refusal that is not documented', () => {
    expect(failuresOf(clean)).toEqual([]);
    const { outcome } = clean;
    const violations = [
      { kind: 'missing', witness: 'reader-1', channel: 'public.a', detail: 'p/1' } as const,
    ];
    const sends = { ...outcome.sends, refusals: ['500 internal, Retry-After none'] };
    const broken = { ...clean, outcome: { ...outcome, violations, sends } };
    expect(failuresOf(broken)).toEqual([
      'missing (reader-1, public.a): p/1',
      'refused with 500 internal, Retry-After none',
    ]);
    const lost = sentMessages([
      {
        ...{ message: 'p/2', channel: 'public.a', publisher: 'p', sequence: 2, key: 'p/2' },
        ...{
          outcome: { kind: 'acknowledged', id: '1-2', duplicate: false },
          sentAtMs: 0,
          tookMs: 1,
        },
      },
    ]);
    const forgetful = { ...clean, outcome: { ...outcome, lost: [...lost.values()] } };
    expect(failuresOf(forgetful)).toEqual([]);
    expect(failuresOf({ ...forgetful, engine: 'cluster' })).toEqual(['lost: p/2']);
    expect(report([clean, broken])).toMatch(/losses +1\n/);
    expect(report([clean, broken])).toMatch(/sends acknowledged +2,000\n/);
  });

  it('says what is wrong with its arguments', async () => {
    await compile();
    for (const args of [['--seed', 'x'], ['--engine', 'kafka'], ['--seconds', '0'], ['--what']]) {
      const { code, output } = await soak(...args);
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(output).toContain('npm run soak -- [options]');
    }
  });
});
