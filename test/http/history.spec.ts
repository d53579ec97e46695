import { expect, test } from '@jest/globals';
import { request } from '../harness/http-client.js';
import type { NestApp } from '../harness/nest-app.js';
import { eachBroker, messagesUrl, send, sendMany } from './each-broker.js';

interface Page {
  messages: { id: string; data: unknown; channel: string; type: string; createdAt: string }[];
  position: string;
  gap: boolean;
}

const read = async (app: NestApp, channel: string, query = ''): Promise<Page> =>
  (await request(messagesUrl(app, channel) + query)).json() as Page;

const data = ({ messages }: Page) => messages.map((message) => message.data);

eachBroker('history', (world) => {
  test('gives the newest messages, oldest first, as JSON that is not cached', async () => {
    const app = await world.start();
    const channel = world.channel();
    const accepted = await sendMany(app, channel, 1, 5);
    const answer = await request(`${messagesUrl(app, channel)}?limit=2`);

    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      messages: [
        { ...accepted[3], data: 4 },
        { ...accepted[4], data: 5 },
      ],
      position: accepted[4]?.id,
      gap: false,
    });
  });

  test('pages forwards by position and backwards by before', async () => {
    const app = await world.start();
    const channel = world.channel();
    const accepted = await sendMany(app, channel, 1, 7);
    const forth = await read(app, channel, `?after=${accepted[0]?.id ?? ''}&limit=3`);
    const further = await read(app, channel, `?after=${forth.position}`);
    const end = await read(app, channel, `?after=${further.position}`);
    const back = await read(app, channel, `?before=${accepted[4]?.id ?? ''}&limit=3`);

    expect(data(forth)).toEqual([2, 3, 4]);
    expect(data(further)).toEqual([5, 6, 7]);
    expect([data(end), end.position, end.gap]).toEqual([[], accepted[6]?.id, false]);
    expect(data(back)).toEqual([2, 3, 4]);
  });

  test('an empty channel has a position to read on from', async () => {
    const app = await world.start();
    const channel = world.channel();
    const empty = await read(app, channel);
    await send(app, channel, 'first');
    const page = await read(app, channel, `?after=${empty.position}`);

    expect(empty).toEqual({ messages: [], position: expect.stringMatching(/^\d+-0$/), gap: false });
    expect([data(page), page.gap]).toEqual([['first'], false]);
  });

  test('positions no longer kept, of another epoch or in the future are gaps', async () => {
    const app = await world.start();
    const channel = world.channel('short');
    const accepted = await sendMany(app, channel, 1, 9);
    const epoch = Number(accepted[0]?.id.split('-')[0]);

    for (const after of [`${epoch}-2`, `${epoch}-99`, `${epoch + 5}-9`]) {
      const page = await read(app, channel, `?after=${after}`);
      expect([data(page), page.gap]).toEqual([[5, 6, 7, 8, 9], true]);
    }
    const kept = await read(app, channel, `?after=${epoch}-4`);
    expect([data(kept), kept.gap]).toEqual([[5, 6, 7, 8, 9], false]);
  });

  test('a long-poll answers at once if there is a message, and otherwise when one comes', async () => {
    const app = await world.start();
    const channel = world.channel();
    const first = await send(app, channel, 'first');
    const { position } = await read(app, channel);
    const waiting = read(app, channel, `?after=${position}&wait=30`);
    const arrived = read(app, channel, `?after=${first.id.replace('-1', '-0')}&wait=30`);

    expect(data(await arrived)).toEqual(['first']);
    await send(app, channel, 'second');
    const page = await waiting;
    expect([data(page), page.gap]).toEqual([['second'], false]);
  });

  test('a long-poll that times out answers with no message and the same position', async () => {
    const app = await world.start();
    const channel = world.channel();
    const { id } = await send(app, channel, 1);
    const start = performance.now();
    const page = await read(app, channel, `?after=${id}&wait=1`);

    expect(page).toEqual({ messages: [], position: id, gap: false });
    expect(performance.now() - start).toBeGreaterThanOrEqual(990);
  });

  test('a chain of long-polls misses and repeats nothing while messages pour in', async () => {
    const app = await world.start();
    const channel = world.channel();
    let { position } = await read(app, channel);
    const sending = sendMany(app, channel, 1, 200);
    const received: unknown[] = [];
    while (received.length < 200) {
      const page = await read(app, channel, `?after=${position}&wait=10`);
      received.push(...data(page));
      position = page.position;
    }
    await sending;

    expect(received).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  test('a long-poll ends when the app closes', async () => {
    const app = await world.start();
    const channel = world.channel();
    const { id } = await send(app, channel, 1);
    const waiting = read(app, channel, `?after=${id}&wait=30`);
    // A later answer shows that the server has received the first request.
    await read(app, channel);
    await app.close();

    expect(data(await waiting)).toEqual([]);
  });
});
