import { expect, test } from '@jest/globals';
import { isMessage } from '../harness/event-stream-parser.js';
import { request, type HttpAnswer } from '../harness/http-client.js';
import type { SseReader } from '../harness/sse-reader.js';
import { eachLane, eventsUrl, messagesUrl, send, type World } from './each-broker.js';

function expectRefused({ status, headers, json }: HttpAnswer): void {
  expect(status).toBe(503);
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(json()).toMatchObject({ code: 'overloaded' });
}

async function readReady(world: World, url: string): Promise<SseReader> {
  const reader = await world.read(url);
  await reader.next();
  return reader;
}

eachLane('a node at its limit of channels', (world) => {
  test('refuses one more, and keeps serving those it has', async () => {
    const app = await world.start({ maxFeeds: 2 });
    const [one, two, three] = [world.channel(), world.channel(), world.channel()];
    const readers = [
      await readReady(world, eventsUrl(app, one)),
      await readReady(world, eventsUrl(app, two)),
    ];
    const several = `${app.url}/events?channel=${one}&channel=${three}`;
    const { position } = (await request(messagesUrl(app, three))).json() as { position: string };

    expectRefused(await request(eventsUrl(app, three)));
    expectRefused(await request(several));
    expectRefused(await request(`${messagesUrl(app, three)}?wait=30&after=${position}`));
    readers.push(await readReady(world, eventsUrl(app, one)));
    await send(app, one, 'to one');
    await send(app, two, 'to two');
    await send(app, three, 'to nobody');
    for (const reader of readers) await reader.next(isMessage);
  });

  test('takes one more as soon as a channel has lost its readers', async () => {
    const app = await world.start({ maxFeeds: 1 });
    const [one, two] = [world.channel(), world.channel()];
    const first = await readReady(world, eventsUrl(app, one));
    expectRefused(await request(eventsUrl(app, two)));
    await first.close();
    let second = await world.read(eventsUrl(app, two));
    while (second.status !== 200) second = await world.read(eventsUrl(app, two));
    await second.next();
    await send(app, two, 'to two');
    await second.next(isMessage);
  });
});

eachLane('a node at its limit of readers', (world) => {
  test('refuses one more, and admits no more than the limit of many at once', async () => {
    const app = await world.start({ maxStreams: 5 });
    const channel = world.channel();
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => world.read(eventsUrl(app, channel))),
    );
    const open = readers.filter(({ status }) => status === 200);
    const events = await Promise.all(open.map((reader) => reader.next()));

    // A reader that already got its 200 is told to come back instead.
    expect(events.filter(({ event }) => event === 'stream.ready')).toHaveLength(5);
    for (const { event, data } of events.filter(({ event: name }) => name !== 'stream.ready')) {
      expect([event, data]).toEqual(['stream.closing', '{"reason":"overloaded","reconnect":true}']);
    }
    expectRefused(await request(eventsUrl(app, channel)));
    await open[events.findIndex(({ event }) => event === 'stream.ready')]?.close();
    let another = await world.read(eventsUrl(app, channel));
    while (another.status !== 200) another = await world.read(eventsUrl(app, channel));
    expect((await another.next()).event).toBe('stream.ready');
  });
});
