import { describe, expect } from '@jest/globals';
import { request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';
import { until } from '../harness/until.js';
import { SECRET_ENV, token } from '../tokens/issuer.js';
import type { RecordingReader } from './record/recording-reader.js';
import { expectNothingFalse, expectNothingLost, scenario } from './world/scenario.js';
import type { World } from './world/world.js';

const as = async (sub: string, admin = false) => ({
  Authorization: `Bearer ${await token({ sub, admin })}`,
});

async function revoke(world: World, node: number, identity: string): Promise<number> {
  const url = `${world.node(node).directOrigin}/revocations`;
  return (await request(url, { json: { identity }, headers: await as('root', true) })).status;
}

/** The reader is answered 401 when it comes back, and gives up. */
const untilTurnedAway = (world: World, reader: RecordingReader): Promise<void> =>
  world.soon(
    reader.until(() => reader.count('failed') > 0),
    `${reader.reader} is not turned away`,
  );

describe('Whose right ends', () => {
  scenario(
    'by expiry is given no more, on the stream that was open and on coming back',
    { env: SECRET_ENV },
    async (world) => {
      await world.crowd();
      const seconds = 6;
      const eve = await token({ sub: 'eve', expires: seconds });
      // A token counts whole seconds.
      const leftMs = (Math.floor(Date.now() / 1000) + seconds) * 1000 - Date.now();
      const endsAtMs = performance.now() + leftMs;
      const readers = await Promise.all(
        [0, 1].map((node) => world.read({ nodes: [node], token: eve })),
      );
      const away = await world.read({ nodes: [0], token: eve });
      await world.flow(5);
      away.leave();
      for (const reader of [...readers, away]) reader.endRight(endsAtMs);
      await Promise.all(readers.map((reader) => untilTurnedAway(world, reader)));
      away.comeBack().catch(() => undefined);
      await untilTurnedAway(world, away);
      await world.flow(100);
      expectNothingLost(await world.settle());
    },
  );

  scenario(
    'by a revocation while a node is away is given no more, there neither',
    { env: SECRET_ENV },
    async (world) => {
      await world.crowd();
      const ada = await token({ sub: 'ada' });
      const here = await world.read({ nodes: [0], token: ada });
      const there = await world.read({ nodes: [1], token: ada });
      const away = await world.read({ nodes: [1], token: ada });
      const bob = await world.read({ token: await token({ sub: 'bob' }) });
      await world.flow(5);
      away.leave();
      await world.node(1).kill();
      expect(await revoke(world, 0, 'ada')).toBe(204);
      for (const reader of [here, there, away]) reader.endRight();
      await untilTurnedAway(world, here);
      await world.node(1).restart();
      away.comeBack().catch(() => undefined);
      await Promise.all([there, away].map((reader) => untilTurnedAway(world, reader)));
      await world.flow(100);
      expect(bob.count('failed')).toBe(0);
      expectNothingLost(await world.settle());
    },
  );

  scenario(
    'by a revocation while Redis is down is given no more once it is acknowledged',
    { env: SECRET_ENV },
    async (world) => {
      await world.crowd();
      const ada = await token({ sub: 'ada' });
      const readers = await Promise.all(
        [0, 1, 0, 1].map((node) => world.read({ nodes: [node], token: ada })),
      );
      await world.flow(5);
      await world.redis.kill();
      expect(await revoke(world, 0, 'ada')).toBe(503);
      await world.redis.restart();
      await until(
        'the revocation is acknowledged',
        async () => (await revoke(world, 0, 'ada')) === 204,
      );
      for (const reader of readers) reader.endRight();
      await Promise.all(readers.map((reader) => untilTurnedAway(world, reader)));
      await world.flow(100);
      expectNothingFalse(await world.settle());
    },
  );

  scenario(
    'with the node that gave a ticket can still redeem it, once',
    { env: SECRET_ENV },
    async (world) => {
      const answer = await request(`${world.node(0).directOrigin}/tickets`, {
        json: { channels: ['public.a'] },
        headers: await as('ada'),
      });
      expect(answer.status).toBe(201);
      const { ticket } = answer.json() as { ticket: string };
      await world.node(0).kill();
      const url = `${world.node(1).directOrigin}/channels/public.a/events?ticket=${ticket}`;
      const reader = await SseReader.open(url);
      await reader.until(() => reader.events.length > 0);
      expect((await request(url)).status).toBe(401);
      await world.node(0).restart();
      const elsewhere = url.replace(world.node(1).directOrigin, world.node(0).directOrigin);
      expect((await request(elsewhere)).status).toBe(401);
      await reader.close();
    },
  );
});
