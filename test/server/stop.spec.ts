import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { defaultDeadlineMs, withDeadline } from '../harness/deadline.js';
import { rawRequest, request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { SseReader } from '../harness/sse-reader.js';

interface History {
  position: string;
}

describe('The stopped server,', () => {
  let node: BirdsongNode;
  const readers: SseReader[] = [];

  beforeEach(async () => {
    node = await BirdsongNode.start();
  });
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await node.kill();
  });

  async function read(path: string): Promise<SseReader> {
    const reader = await SseReader.open(`${node.url}${path}`);
    readers.push(reader);
    await reader.next(({ event }) => event === 'stream.ready');
    return reader;
  }

  /** Sends the signal and returns the exit code. */
  async function stop(signal: NodeJS.Signals): Promise<number | null> {
    process.kill(node.pid, signal);
    const { code } = await withDeadline(node.exited, defaultDeadlineMs, () => node.output);
    return code;
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s, says stream.closing on its streams and exits 0',
    async (signal) => {
      const open = await Promise.all([
        read('/channels/chat.lobby/events'),
        read('/channels/chat.lobby/events'),
        read('/events?channel=chat.lobby&channel=public.news'),
      ]);
      expect(await stop(signal)).toBe(0);

      for (const reader of open) {
        expect(await reader.ended).toBe('sent away');
        const closing = await reader.next();
        expect(closing.event).toBe('stream.closing');
        expect(closing.id).toBeUndefined();
        expect(JSON.parse(closing.data)).toEqual({ reason: 'shutdown', reconnect: true });
      }
    },
  );

  it('answers waiting long-polls before it goes', async () => {
    const path = '/channels/chat.lobby/messages';
    const { position } = (await request(`${node.url}${path}`)).json() as History;
    const asked = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
    // Two requests in one packet: once the first is answered, the server has read the second.
    const requests = asked('/health/live') + asked(`${path}?after=${position}&wait=30`);
    let answers: Promise<string> | undefined;
    await new Promise<void>((resolve) => {
      const isFirst = (text: string) => {
        if (text.includes('"ok"')) resolve();
        return false;
      };
      answers = rawRequest(node.port, requests, { until: isFirst });
    });
    expect(await stop('SIGTERM')).toBe(0);
    const [, , answer] = (await answers)?.split('HTTP/1.1 ') ?? [];

    expect(answer).toMatch(/^200 OK/);
    expect(answer).toContain(`{"messages":[],"position":"${position}","gap":false}`);
  });

  it('does not wait for idle connections, nor for ones that are never idle', async () => {
    const gone: string[] = [];
    const alive = 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n';
    const unfinished = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{';
    const connections = ['idle', 'unfinished'].map(async (name) => {
      const socket = connect(node.port, '127.0.0.1').on('error', () => undefined);
      socket.once('close', () => gone.push(name));
      // In one packet: once the first is answered, the server has read the second.
      socket.write(name === 'idle' ? alive : alive + unfinished);
      await once(socket, 'data');
    });
    await Promise.all(connections);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await new Promise<void>((resolve) => {
      // Sends another request on every answer, while the server listens.
      const ask = (): void => {
        get({ agent, port: node.port, path: '/channels/public.a/messages' }, (response) => {
          response.resume().once('end', ask).once('end', resolve);
        }).once('error', () => {
          gone.push('busy');
          agent.destroy();
        });
      };
      ask();
    });
    expect(await stop('SIGTERM')).toBe(0);

    // Unfinished requests get some seconds to end.
    expect(gone.slice(0, 2).sort()).toEqual(['busy', 'idle']);
  });

  it('does not wait for a Redis that is gone', async () => {
    await node.stop();
    const redis = await RedisServer.start();
    try {
      node = await BirdsongNode.start({ env: { REDIS_URL: redis.url } });
      const reader = await read('/channels/chat.lobby/events');
      await redis.kill();
      expect(await stop('SIGTERM')).toBe(0);
      expect(await reader.ended).toBe('sent away');
    } finally {
      await redis.stop();
    }
  });
});
