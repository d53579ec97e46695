import { afterEach, describe, expect, test } from '@jest/globals';
import { Global, Injectable, Module } from '@nestjs/common';
import {
  BirdsongModule,
  IdentityPort,
  type AccessRequest,
  type BatchAccessRequest,
  type BirdsongOptions,
  type HttpRequest,
  type Identity,
} from '../../src/index.js';
import { request } from '../harness/http-client.js';
import type { NestApp } from '../harness/nest-app.js';
import { HostWorld } from './host-world.js';

interface Claims {
  readonly rooms: readonly string[];
}

@Injectable()
class Accounts {
  readonly known = new Map<string, readonly string[]>([
    ['ada', ['tea', 'music']],
    ['bob', []],
  ]);
}

@Global()
@Module({ providers: [Accounts], exports: [Accounts] })
class AccountsModule {}

/** An IdentityPort as an app writes it: it injects a service, and reads a header. */
@Injectable()
class HeaderIdentity extends IdentityPort<Claims> {
  constructor(private readonly accounts: Accounts) {
    super();
  }

  override identify(incoming: HttpRequest): Identity<Claims> | undefined {
    const id = String(incoming.headers['x-user'] ?? '');
    const rooms = this.accounts.known.get(id);
    const expires = incoming.headers['x-expires'];
    return (
      rooms && { id, claims: { rooms }, ...(expires && { expiresAt: new Date(Number(expires)) }) }
    );
  }
}

@Module({ providers: [Accounts, HeaderIdentity] })
class OwnModule {}

const channels: BirdsongOptions<Claims>['channels'] = {
  'room.:room': {
    publish: ({ params, identity }) =>
      identity?.claims?.rooms.includes(params['room'] ?? '') ?? false,
    subscribe: 'anyone',
  },
  'open.*': { publish: 'anyone', subscribe: 'anyone' },
};

const status = async (app: NestApp, channel: string, headers = {}): Promise<number> =>
  (await request(`${app.url}/channels/${channel}/messages`, { json: { data: 1 }, headers })).status;

/** Opens a stream of several channels and ends it at once. */
async function subscribe(app: NestApp, names: readonly string[], headers = {}): Promise<number> {
  const query = names.map((name) => `channel=${name}`).join('&');
  const answer = await request(`${app.url}/events?${query}`, { method: 'HEAD', headers });
  return answer.status;
}

const hundred = (prefix: string) => Array.from({ length: 100 }, (_, n) => `${prefix}.${n}`);

describe('who a request speaks for', () => {
  const world = new HostWorld();

  afterEach(() => world.close());

  test.each<[string, () => Parameters<typeof world.start>[0]]>([
    [
      'a class that a module of the app provides',
      () => ({
        imports: [OwnModule, BirdsongModule.forRoot({ channels, identity: HeaderIdentity })],
      }),
    ],
    [
      'a class that no module provides',
      () => ({
        imports: [BirdsongModule.forRoot({ channels, identity: HeaderIdentity }), AccountsModule],
      }),
    ],
    [
      'an instance',
      () => ({
        imports: [
          BirdsongModule.forRoot({ channels, identity: new HeaderIdentity(new Accounts()) }),
        ],
      }),
    ],
    [
      'what a factory is given',
      () => ({
        imports: [
          BirdsongModule.forRootAsync({
            imports: [AccountsModule],
            inject: [Accounts],
            useFactory: (accounts: Accounts) => ({
              channels,
              identity: new HeaderIdentity(accounts),
            }),
          }),
        ],
      }),
    ],
  ])('is said by %s, with claims that rules see', async (_, metadata) => {
    const app = await world.start({ controllers: [], ...metadata() });

    expect(await status(app, 'room.tea', { 'x-user': 'ada' })).toBe(201);
    expect(await status(app, 'room.tea', { 'x-user': 'bob' })).toBe(403);
    expect(await status(app, 'room.tea')).toBe(401);
    const history = await request(`${app.url}/channels/room.tea/messages`);
    expect(history.json()).toMatchObject({ messages: [{ sender: 'ada' }] });
  });

  test('is no longer known once the identity has expired', async () => {
    const app = await world.start({
      controllers: [],
      imports: [BirdsongModule.forRoot({ channels, identity: new HeaderIdentity(new Accounts()) })],
    });
    const as = (expires: number) =>
      status(app, 'open.a', { 'x-user': 'ada', 'x-expires': String(expires) });

    expect(await as(Date.now() + 60_000)).toBe(201);
    expect(await as(Date.now() - 1)).toBe(401);
    expect(await as(NaN)).toBe(401);
  });

  test('has typed claims in the rules without writing a type', async () => {
    const app = await world.start({
      controllers: [],
      imports: [
        BirdsongModule.forRoot({
          identify: ({ headers }: HttpRequest) => ({
            id: 'ada',
            claims: { isAdmin: headers['x-user'] === 'admin' },
          }),
          channels: {
            'admin.*': { publish: ({ identity }) => identity?.claims?.isAdmin ?? false },
          },
        }),
      ],
    });

    expect(await status(app, 'admin.a', { 'x-user': 'admin' })).toBe(201);
    expect(await status(app, 'admin.a')).toBe(403);
  });

  test('is unknown if an app returns null', async () => {
    const app = await world.start({
      controllers: [],
      imports: [
        BirdsongModule.forRoot({
          channels: { 'known.*': { publish: 'authenticated' } },
          identify: () => null as unknown as undefined,
        }),
      ],
    });

    expect(await status(app, 'known.a')).toBe(401);
  });

  test.each<[string, unknown]>([
    ['a number as id', { id: 5 }],
    ['an id of 257 characters', { id: 'i'.repeat(257) }],
    ['seconds as expiresAt', { id: 'ada', expiresAt: 4_000_000_000 }],
    ['a name', 'ada'],
  ])('is a defect of the app if it is %s', async (_, identity) => {
    const app = await world.start({
      controllers: [],
      imports: [BirdsongModule.forRoot({ channels, identify: () => identity as Identity<Claims> })],
    });

    expect(await status(app, 'open.a')).toBe(500);
  });

  test.each<[string, object]>([
    ['identity', { identity: {} }],
    ['identity', { identity: 'me' }],
    ['identify', { identify: 'me' }],
    ['contradict', { identify: () => undefined, identity: HeaderIdentity }],
    ['channels["a.*"].publish', { channels: { 'a.*': { publish: { many: 1 } } } }],
  ])('a wrong option %s is named at boot: %j', async (name, options) => {
    await expect(
      world.start({ imports: [BirdsongModule.forRoot({ channels, ...options })] }),
    ).rejects.toThrow(name);
  });
});

describe('access rules', () => {
  const world = new HostWorld();

  afterEach(() => world.close());

  const start = (rule: BirdsongOptions['channels'][string]['subscribe']) =>
    world.start({
      controllers: [],
      imports: [
        BirdsongModule.forRoot({
          channels: { 'ruled.:n': { subscribe: rule }, 'open.*': { subscribe: 'anyone' } },
          identify: () => ({ id: 'ada', claims: { level: 3 } }),
        }),
      ],
    });

  test('are called concurrently, up to a limit', async () => {
    let inFlight = 0;
    let most = 0;
    let asked = 0;
    const waiting: (() => void)[] = [];
    const app = await start(async () => {
      asked++;
      most = Math.max(most, ++inFlight);
      // The first wait until twenty are called: one after the other would never end.
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (asked >= 20) waiting.splice(0).forEach((go) => go());
      });
      inFlight--;
      return true;
    });

    expect(await subscribe(app, hundred('ruled'))).toBe(200);
    expect(asked).toBe(100);
    expect(most).toBeLessThanOrEqual(32);
  });

  test('are given the channel, its parameters, the identity and the request', async () => {
    const seen: AccessRequest[] = [];
    const app = await start((asked) => seen.push(asked) > 0);
    await subscribe(app, ['ruled.7'], { 'x-room-key': 'secret' });

    expect(seen).toEqual([
      expect.objectContaining({
        channel: 'ruled.7',
        params: { n: '7' },
        identity: { id: 'ada', claims: { level: 3 } },
      }),
    ]);
    expect(seen[0]?.request.headers['x-room-key']).toBe('secret');
  });

  test('may answer for all channels of a pattern in one call', async () => {
    const seen: BatchAccessRequest[] = [];
    const app = await start({
      many: (asked) => {
        seen.push(asked);
        return Promise.resolve(asked.channels.map(({ params }) => Number(params['n']) < 98));
      },
    });

    expect(await subscribe(app, [...hundred('ruled').slice(0, 98), 'open.a'])).toBe(200);
    expect(await subscribe(app, hundred('ruled'))).toBe(403);
    expect(await subscribe(app, ['ruled.1'])).toBe(200);
    expect(seen.map((asked) => asked.channels.length)).toEqual([98, 100, 1]);
    expect(seen[2]).toMatchObject({
      channels: [{ channel: 'ruled.1', params: { n: '1' } }],
      identity: { id: 'ada' },
    });
  });

  test('refuse the request if they refuse one of its channels', async () => {
    const app = await start(async ({ params }) => {
      await new Promise(setImmediate);
      return params['n'] !== '63';
    });

    expect(await subscribe(app, hundred('ruled'))).toBe(403);
    expect(await subscribe(app, hundred('ruled').slice(0, 63))).toBe(200);
  });

  test.each<[string, BirdsongOptions['channels'][string]['subscribe']]>([
    [
      'throw',
      ({ params }) => {
        if (params['n'] === '50') throw new Error('The database is away');
        return true;
      },
    ],
    ['answer for too few', { many: () => [true] }],
  ])('that %s let nobody in', async (_, rule) => {
    const app = await start(rule);

    expect(await subscribe(app, hundred('ruled'))).toBe(500);
    expect(await subscribe(app, ['ruled.1'])).toBe(200);
  });
});
