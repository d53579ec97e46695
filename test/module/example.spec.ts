import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from '../harness/http-client.js';
import type { ServerProcess } from '../harness/server-process.js';
import { SseReader } from '../harness/sse-reader.js';
import { BuiltExample } from './built-example.js';

interface Order {
  id: string;
  customer: string;
  status: string;
}

describe('The example of a shop', () => {
  let shop: BuiltExample;
  let server: ServerProcess;
  let url: string;
  let readers: SseReader[];

  beforeAll(async () => {
    shop = await BuiltExample.build('embed-in-app');
  });
  afterAll(() => shop.remove());

  beforeEach(async () => {
    readers = [];
    server = shop.start();
    const [, port] = await server.untilOutput(/The shop is open at http:\S+:(\d+)\s/);
    url = `http://localhost:${String(port)}`;
  });
  afterEach(async () => {
    await Promise.all(readers.map((reader) => reader.close()));
    await server.end('SIGTERM');
  });

  const post = (path: string) => request(`${url}${path}`, { method: 'POST' });

  async function place(): Promise<Order> {
    const answer = await post('/orders?token=ada-token');
    expect(answer.status).toBe(201);
    return answer.json() as Order;
  }

  async function advance({ id }: Order): Promise<void> {
    expect((await post(`/orders/${id}/advance?token=sam-token`)).status).toBe(201);
  }

  async function watch({ id }: Order, lastEventId?: string): Promise<SseReader> {
    const reader = await SseReader.open(`${url}/orders/${id}/events?token=ada-token`, {
      headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId },
    });
    readers.push(reader);
    return reader;
  }

  const isProgress = ({ event }: { event: string }) => event.startsWith('order.');
  const namesOf = (events: readonly { event: string }[]) => events.map(({ event }) => event);

  it('shows the owner the progress of an order live, in order', async () => {
    const order = await place();
    const reader = await watch(order);
    expect(reader.status).toBe(200);
    const placed = await reader.next(isProgress);
    await advance(order);
    const packed = await reader.next(isProgress);
    await advance(order);
    const shipped = await reader.next(isProgress);

    expect(order).toMatchObject({ customer: 'ada', status: 'placed' });
    expect(namesOf([placed, packed, shipped])).toEqual([
      'order.placed',
      'order.packed',
      'order.shipped',
    ]);
    expect(JSON.parse(shipped.data)).toMatchObject({
      id: shipped.id,
      channel: `orders.${order.id}`,
      type: 'order.shipped',
      data: { status: 'shipped' },
    });
    expect(reader.events).toHaveLength(4);
  });

  it('gives a reader that comes back exactly what it missed', async () => {
    const order = await place();
    const first = await watch(order);
    await first.next(isProgress);
    await first.close();
    await advance(order);
    await advance(order);
    const second = await watch(order, first.lastEventId);

    expect(namesOf(await second.take(3))).toEqual([
      'stream.ready',
      'order.packed',
      'order.shipped',
    ]);
  });

  it('shows an order only to its owner, and answers for a missing order alike', async () => {
    const { id } = await place();
    const answers = await Promise.all(
      [
        `/orders/${id}/events`,
        `/orders/${id}/events?token=forged`,
        `/orders/${id}/events?token=bob-token`,
        '/orders/none/events?token=ada-token',
      ].map((path) => request(`${url}${path}`)),
    );

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 403, 404]);
    for (const { headers } of answers) {
      expect(headers['content-type']).toMatch(/^application\/json/);
    }
  });

  it('gives no access to orders through Birdsong’s own routes', async () => {
    const { id } = await place();
    const channel = `orders.${id}`;
    const messages = `${url}/channels/${channel}/messages`;
    const answers = await Promise.all([
      request(`${url}/channels/${channel}/events?token=ada-token`),
      request(`${url}/events?channel=${channel}&token=ada-token`),
      request(messages),
      request(messages, { json: { type: 'order.shipped', data: { status: 'shipped' } } }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(answers.map((answer) => answer.json())).toEqual(
      answers.map(() => expect.objectContaining({ code: 'forbidden' })),
    );
  });

  it('lets only staff move an order on, and only to a valid state', async () => {
    const order = await place();
    const path = `/orders/${order.id}/advance`;
    expect((await post(path)).status).toBe(401);
    expect((await post(`${path}?token=ada-token`)).status).toBe(403);
    await advance(order);
    await advance(order);
    expect((await post(`${path}?token=sam-token`)).status).toBe(409);
    expect((await post('/orders/none/advance?token=sam-token')).status).toBe(404);
  });

  it('ends the streams when it is stopped, and does not wait for their readers', async () => {
    const order = await place();
    const reader = await watch(order);
    await reader.next(isProgress);
    const { signal } = await server.end('SIGTERM');

    expect(signal).toBe('SIGTERM');
    expect(await reader.ended).toBe('sent away');
    const closing = await reader.next(({ event }) => event === 'stream.closing');
    expect(JSON.parse(closing.data)).toEqual({ reason: 'shutdown', reconnect: true });
  });
});
