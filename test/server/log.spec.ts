import { afterEach, describe, expect, it, test } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { RedisServer } from '../harness/redis-server.js';
import { until } from '../harness/until.js';

interface Entry {
  readonly level: string;
  readonly timestamp: number;
  readonly message: string;
}

const entriesOf = (text: string): Entry[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);

const outputOf = (node: BirdsongNode | undefined): string => node?.output ?? '';

describe('The log', () => {
  let node: BirdsongNode | undefined;
  let redis: RedisServer | undefined;

  afterEach(async () => {
    await node?.stop();
    await redis?.stop();
    [node, redis] = [undefined, undefined];
  });

  test('is one JSON object a line with LOG_FORMAT=json, warnings and the address included', async () => {
    redis = await RedisServer.start();
    const env = { LOG_FORMAT: 'json', LOG_LEVLE: 'log', REDIS_URL: redis.url };
    node = await BirdsongNode.start({ env });
    await redis.kill();
    const { url } = node;
    await until('the log says that Redis is gone', () => outputOf(node).includes('unreachable'));
    await request(`${url}/channels/public.a/messages`, { json: { data: 1 } });
    await node.stop();

    const entries = entriesOf(node.output);
    for (const { level, timestamp, message } of entries) {
      expect(level).toMatch(/^(log|warn|error)$/);
      expect(timestamp).toBeGreaterThan(1_700_000_000_000);
      expect(typeof message).toBe('string');
    }
    const messages = entries.map(({ message }) => message).join('\n');
    expect(messages).toContain(`listening on ${node.url}`);
    expect(messages).toContain('LOG_LEVLE (LOG_LEVEL?)');
    expect(messages).toContain('is unreachable');
  });

  test('says in JSON why the server did not start', async () => {
    const { stderr } = await BirdsongNode.run({ env: { LOG_FORMAT: 'json', HISTORY_COUNT: '0' } });

    expect(entriesOf(stderr)).toMatchObject([
      { level: 'error', message: expect.stringContaining('HISTORY_COUNT') as unknown },
    ]);
  });

  it('says at start what is open to whom', async () => {
    node = await BirdsongNode.start({ host: '0.0.0.0' });
    const { output } = node;

    expect(output).toContain('Anyone may send to chat.:room, public.*.');
    expect(output).toContain('Anyone may read chat.:room, public.*.');
    expect(output).toContain('Nobody may read user.:userId, user.:userId.*.');
    expect(output).toContain('Other machines can reach this server');
    expect(output).toContain('Pages of other origins may not use this server');
    expect(output).toContain('One address may take all connections');
  });

  it('says so of what has been closed or opened', async () => {
    node = await BirdsongNode.start({
      env: {
        CORS_ORIGINS: 'https://a.example',
        MAX_CONNECTIONS_PER_ADDRESS: '20',
        JWT_SECRET: 'x'.repeat(32),
        ANONYMOUS: 'off',
      },
    });

    expect(node.output).toContain('Pages of https://a.example may use this server');
    expect(node.output).toContain('One address may have 20 requests under way');
    expect(node.output).not.toMatch(/Other machines|Anyone may|Nobody may/);
    expect(node.output).toContain('Each user may read their own of user.:userId, user.:userId.*.');
    expect(node.output).toContain('Tokens and API keys may read chat.:room, public.*.');
  });
});
