import { afterEach, describe, expect, it } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

const MIB = 1024 * 1024;
const LARGE = 'x'.repeat(60_000);
const SENDERS = 8;

interface Page {
  messages: { data: unknown }[];
  gap: boolean;
}

describe.each(['memory', 'Redis'])(
  'A server to which anyone sends as much as he likes, with %s,',
  (broker) => {
    let redis: RedisServer | undefined;
    let node: BirdsongNode | undefined;

    afterEach(async () => {
      await node?.stop();
      await redis?.stop();
    });

    async function start(): Promise<string> {
      redis =
        broker === 'Redis'
          ? await RedisServer.start({
              args: ['--maxmemory', '40mb', '--maxmemory-policy', 'noeviction'],
            })
          : undefined;
      node = await BirdsongNode.start({
        env: {
          HISTORY_TOTAL_BYTES: String(8 * MIB),
          ...(redis ? { REDIS_URL: redis.url } : { NODE_OPTIONS: '--max-old-space-size=100' }),
        },
      });
      return node.url;
    }

    const messagesUrl = (url: string, channel: string) => `${url}/channels/${channel}/messages`;
    const send = async (url: string, channel: string, data: unknown) =>
      request(messagesUrl(url, channel), { json: { data } });
    const read = async (url: string, channel: string, after: string) =>
      (await request(`${messagesUrl(url, channel)}?after=${after}`)).json() as Page;

    /** Sends 120 MB, and returns the statuses. */
    async function flood(url: string, channelOf: (index: number) => string): Promise<Set<number>> {
      const statuses = new Set<number>();
      let next = 0;
      const sender = async (): Promise<void> => {
        while (next < 2000) {
          next += 1;
          statuses.add((await send(url, channelOf(next), LARGE)).status);
        }
      };
      await Promise.all(Array.from({ length: SENDERS }, sender));
      return statuses;
    }

    it('takes everything, keeps the newest, and tells readers of what it dropped', async () => {
      const url = await start();
      const chat = { name: 'Ada', message: 'hello' };
      const [old, room] = await Promise.all([
        send(url, 'public.old', 1),
        send(url, 'chat.room', chat),
      ]);
      const [oldId, roomId] = [old, room].map((answer) => (answer.json() as { id: string }).id);

      expect(await flood(url, (index) => `public.flood-${index}`)).toEqual(new Set([201]));

      expect(await read(url, 'public.old', oldId ?? '')).toMatchObject({ messages: [], gap: true });
      expect(await read(url, 'chat.room', roomId ?? '')).toMatchObject({
        messages: [],
        gap: false,
      });
      const newest = (await request(messagesUrl(url, 'public.flood-2000'))).json();
      expect(newest).toMatchObject({ messages: [{ data: LARGE }] });
    });

    it('keeps a stream open whose channel was dropped, and goes on in it', async () => {
      const url = await start();
      await send(url, 'public.watched', 'before');
      const reader = await SseReader.open(`${url}/channels/public.watched/events?history=1`);
      await reader.until(() => reader.events.some(({ event }) => event === 'message'));

      await flood(url, (index) => `public.flood-${index}`);
      await send(url, 'public.watched', 'after');
      await reader.until(
        () => reader.events.filter(({ event }) => event === 'message').length === 2,
      );
      await reader.close();
    });

    it('drops the oldest messages of a channel that gets too much', async () => {
      const url = await start();
      const { id } = (await send(url, 'public.one', 1)).json() as { id: string };
      expect(await flood(url, () => 'public.one')).toEqual(new Set([201]));

      const { messages, gap } = await read(url, 'public.one', id);
      expect(gap).toBe(true);
      expect(messages.length).toBeGreaterThan(0);
    });
  },
);
