import { afterEach, expect, test } from '@jest/globals';
import { Birdsong, type Identity } from '../../src/index.js';
import type { NestApp } from '../harness/nest-app.js';
import { eachLane, eventsUrl, messagesUrl } from './each-broker.js';
import { request } from '../harness/http-client.js';
import type { SseReader } from '../harness/sse-reader.js';

/** What the rules of the apps answer. */
const allowed = new Map<string, boolean | 'throws'>();

afterEach(() => allowed.clear());

eachLane('a right that ends while a stream is open', (world) => {
  const start = (identity: Partial<Identity> = {}) =>
    world.start({
      identify: (asked) => {
        const id = (asked as { headers: Record<string, string> }).headers['x-user'];
        return id === undefined ? undefined : { id, ...identity };
      },
      channels: {
        'open.*': {
          subscribe: ({ identity: asker }) => {
            const answer = allowed.get(asker?.id ?? '') ?? true;
            if (answer === 'throws') throw new Error('the database is away');
            return answer;
          },
        },
      },
    });

  async function open(app: NestApp, channel: string, user: string): Promise<SseReader> {
    const reader = await world.read(eventsUrl(app, channel), { 'X-User': user });
    await reader.until(() => reader.events.length > 0);
    return reader;
  }

  const closingOf = async (reader: SseReader): Promise<unknown> => {
    await reader.ended;
    const closing = reader.events.find(({ event }) => event === 'stream.closing');
    return JSON.parse(closing?.data ?? 'null');
  };

  test('is found by asking again, on every node, and only there', async () => {
    const [one, two] = [await start(), await start()];
    const channel = world.channel();
    const [ada, bob] = [await open(one, channel, 'ada'), await open(two, channel, 'bob')];
    const kept = await open(two, channel, 'cleo');
    allowed.set('ada', false).set('bob', false);
    // Without Redis, each app is alone.
    for (const { app } of [one, two]) await app.get(Birdsong).recheck({ channel });

    expect(await closingOf(ada)).toEqual({ reason: 'revoked', reconnect: false });
    expect(await closingOf(bob)).toEqual({ reason: 'revoked', reconnect: false });
    await two.app.get(Birdsong).publish(channel, 'still here');
    await kept.until(() => kept.events.some(({ event }) => event === 'message'));
  });

  test('sends a client back if the rule cannot be asked', async () => {
    const app = await start();
    const channel = world.channel();
    const ada = await open(app, channel, 'ada');
    allowed.set('ada', 'throws');
    await app.app.get(Birdsong).recheck({ identity: 'ada' });
    expect(await closingOf(ada)).toEqual({ reason: 'disconnected', reconnect: true });
  });

  test('ends with the identity’s time, however its rule answers', async () => {
    const app = await start({ expiresAt: new Date(Date.now() + 1_000) });
    const channel = world.channel();
    const ada = await open(app, channel, 'ada');
    expect(await closingOf(ada)).toEqual({ reason: 'token-expired', reconnect: true });
    const again = await request(messagesUrl(app, channel), { headers: { 'X-User': 'ada' } });
    expect(again.status).toBe(401);
  });

  test('an end far away is no end now', async () => {
    const app = await start({ expiresAt: new Date(Date.now() + 100 * 86_400_000) });
    const channel = world.channel();
    const ada = await open(app, channel, 'ada');
    await app.app.get(Birdsong).publish(channel, 1);
    await ada.until(() => ada.events.some(({ event }) => event === 'message'));
    expect(ada.events.filter(({ event }) => event === 'stream.closing')).toEqual([]);
  });

  test('of an identity that does not say when it was issued ends by a revocation for good', async () => {
    const app = await start();
    const channel = world.channel();
    const [ada, bob] = [await open(app, channel, 'ada'), await open(app, channel, 'bob')];
    await app.app.get(Birdsong).revoke({ identity: 'ada' });
    expect(await closingOf(ada)).toEqual({ reason: 'revoked', reconnect: false });
    const statusOf = async (user: string) =>
      (await request(messagesUrl(app, channel), { headers: { 'X-User': user } })).status;
    expect([await statusOf('ada'), await statusOf('bob')]).toEqual([401, 200]);
    await app.app.get(Birdsong).publish(channel, 1);
    await bob.until(() => bob.events.some(({ event }) => event === 'message'));
  });

  test.each([{}, { identity: undefined }, { channel: undefined, id: undefined }])(
    'an empty filter, %j, ends nothing',
    async (filter) => {
      const birdsong = (await start()).app.get(Birdsong);
      const refused = { code: 'invalid-request' };
      await expect(birdsong.disconnect(filter)).rejects.toMatchObject(refused);
      await expect(birdsong.recheck(filter)).rejects.toMatchObject(refused);
      await expect(birdsong.revoke({})).rejects.toMatchObject(refused);
    },
  );

  test('a client that is disconnected may come back', async () => {
    const app = await start();
    const channel = world.channel();
    const dora = await open(app, channel, 'dora');
    await app.app.get(Birdsong).disconnect({ channel });
    expect(await closingOf(dora)).toEqual({ reason: 'disconnected', reconnect: true });
    await open(app, channel, 'dora');
  });
});
