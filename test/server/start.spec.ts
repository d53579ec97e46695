import { afterEach, describe, expect, it } from '@jest/globals';
import { BirdsongNode, type BirdsongNodeOptions } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';

describe('The started server', () => {
  const nodes: BirdsongNode[] = [];

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
  });

  async function start(options: BirdsongNodeOptions = {}): Promise<BirdsongNode> {
    const node = await BirdsongNode.start(options);
    nodes.push(node);
    return node;
  }

  const statusAt = async (url: string) => (await request(`${url}/health/live`)).status;

  it('listens on a free port if asked for port 0, and prints the address', async () => {
    const [one, other] = await Promise.all([start({ port: 0 }), start({ port: 0 })]);

    expect(one.output).toMatch(/listening on http:\/\/127\.0\.0\.1:[1-9]\d+\n/);
    expect(one.port).not.toBe(other.port);
    expect(await statusAt(one.url)).toBe(200);
    expect(await statusAt(other.url)).toBe(200);
  });

  it('listens on the host it is given, and on no other', async () => {
    const { url, port } = await start({ host: '127.0.0.2' });

    expect(url).toBe(`http://127.0.0.2:${port}`);
    expect(await statusAt(url)).toBe(200);
    await expect(statusAt(`http://127.0.0.1:${port}`)).rejects.toThrow('ECONNREFUSED');
  });

  it('prints an address that can be opened when it listens on all', async () => {
    const { output, port } = await start({ host: '0.0.0.0' });

    expect(output).toContain(`listening on http://localhost:${port}\n`);
    expect(await statusAt(`http://127.0.0.2:${port}`)).toBe(200);
  });

  it.each(['fatal', 'error', 'warn'])(
    'prints its address and nothing else with LOG_LEVEL=%s',
    async (level) => {
      const { output, url } = await start({ env: { LOG_LEVEL: level } });

      expect(output.trimEnd().split('\n')).toEqual([expect.stringContaining(url)]);
    },
  );

  it('treats an empty variable as not set', async () => {
    const env = { REDIS_URL: '', LOG_LEVEL: '', HISTORY_COUNT: '', CORS_ORIGINS: '' };
    const { url } = await start({ env });

    expect(await statusAt(url)).toBe(200);
  });

  it('reads every documented variable, in the documented form', async () => {
    const { url } = await start({
      env: {
        LOG_LEVEL: 'verbose',
        REDIS_KEY_PREFIX: 'shop',
        CORS_ORIGINS: 'https://app.example.com,https://admin.example.com',
        MAX_MESSAGE_BYTES: '256',
        MAX_BATCH_BYTES: '1024',
        HISTORY_COUNT: '1',
        HISTORY_SECONDS: '1',
        IDEMPOTENCY_SECONDS: '1',
        HEARTBEAT_SECONDS: '0.5',
        MAX_CHANNELS_PER_STREAM: '1',
        DRAIN_SECONDS: '0.5',
        MAX_CONNECTIONS: '100',
        MAX_CONNECTIONS_PER_ADDRESS: '10',
        TRUST_PROXY: '2',
        HEADER_TIMEOUT_SECONDS: '5',
        REQUEST_TIMEOUT_SECONDS: '5',
        KEEP_ALIVE_SECONDS: '5',
        MAX_FEEDS: '1',
        MAX_TOTAL_UNSENT_BYTES: '1048576',
        FEED_LINGER_SECONDS: '0',
        COALESCE_MS: '0',
        RETRY_MS: '1234',
        MAX_RING_BYTES: '0',
        MAX_UNSENT_BYTES: '16384',
      },
    });
    const send = (data: string) => request(`${url}/channels/public.a/messages`, { json: { data } });

    expect((await send('x'.repeat(300))).json()).toMatchObject({ code: 'message-too-large' });
    expect((await send('one')).status).toBe(201);
    expect((await send('two')).status).toBe(201);
    expect((await request(`${url}/channels/public.a/messages`)).json()).toMatchObject({
      messages: [{ data: 'two' }],
    });
    expect((await request(`${url}/events?channel=public.a&channel=public.b`)).status).toBe(400);
    const reader = await SseReader.open(`${url}/channels/public.a/events`);
    await reader.next();
    expect(reader.retry).toBe(1234);
    await reader.close();
  });
});
