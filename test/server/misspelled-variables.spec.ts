import { describe, expect, it } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';

describe('The server names variables that look like misspellings of its own', () => {
  /** What a server writes to standard error from start to stop. */
  async function warning(env: Record<string, string>): Promise<string> {
    const node = await BirdsongNode.start({ env });
    await node.stop();
    return node.stderr;
  }

  it('in one line with the nearest names, and starts', async () => {
    const line = await warning({
      LOG_LEVLE: 'debug',
      REDIS_ULR: 'redis://:secret@127.0.0.1:1',
      MAX_FEED: '7',
      heartbeat_seconds: '3',
    });

    expect(line).toMatch(/^[^\n]+\n$/);
    expect(line).toContain('LOG_LEVLE (LOG_LEVEL?)');
    expect(line).toContain('REDIS_ULR (REDIS_URL?)');
    expect(line).toContain('MAX_FEED (MAX_FEEDS?)');
    expect(line).toContain('heartbeat_seconds (HEARTBEAT_SECONDS?)');
    expect(line).not.toContain('secret');
  });

  it('and whatever else begins with REDIS_', async () => {
    expect(await warning({ REDIS_MAX_RETRIES: '3' })).toMatch(/^[^\n]*REDIS_MAX_RETRIES[^\n]*\n$/);
  });

  it('whatever LOG_LEVEL is, and before what stops the start', async () => {
    const { stderr } = await BirdsongNode.run({
      env: { PROT: '80', LOG_LEVEL: 'fatal', HISTORY_COUNT: '0' },
    });

    expect(stderr).toMatch(
      /^[^\n]*PROT \(PORT\?\)[^\n]*\nBirdsong did not start: HISTORY_COUNT[^\n]+\n$/,
    );
  });

  it('but not variables of other software', async () => {
    const others = {
      HOSTNAME: 'a',
      HOSTTYPE: 'x86_64',
      POST: '1',
      PORTS: '1',
      EXPORT: '1',
      TERM: 'xterm',
      NODE_ENV: 'production',
      NODE_OPTIONS: '--max-old-space-size=512',
      LOGNAME: 'ada',
      HISTCONTROL: 'ignoreboth',
      HISTSIZE: '1000',
      HTTP_PROXY: 'http://proxy:3128',
      NO_PROXY: '*',
      npm_config_user_agent: 'npm',
      REDISCLI_AUTH: 'secret',
      // Set by Kubernetes and Docker for a service named "redis", and by Heroku for one with TLS.
      REDIS_SERVICE_HOST: '10.0.0.1',
      REDIS_SERVICE_PORT: '6379',
      REDIS_SERVICE_PORT_CLIENT: '6379',
      REDIS_PORT: 'tcp://10.0.0.1:6379',
      REDIS_PORT_6379_TCP: 'tcp://10.0.0.1:6379',
      REDIS_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_PORT_6379_TCP_PORT: '6379',
      REDIS_PORT_6379_TCP_ADDR: '10.0.0.1',
      REDIS_MASTER_SERVICE_HOST: '10.0.0.1',
      REDIS_MASTER_PORT: 'tcp://10.0.0.1:6379',
      REDIS_NAME: '/birdsong/redis',
      REDIS_ENV_REDIS_VERSION: '7.4.0',
      REDIS_TLS_URL: 'rediss://10.0.0.1',
    };

    expect(await warning(others)).toBe('');
  });
});
