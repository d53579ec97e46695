import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Global, Injectable, Module } from '@nestjs/common';
import {
  BirdsongModule,
  Broker,
  BrokerSettings,
  type BirdsongOptions,
  type BrokerFactory,
} from '../../src/index.js';
import { Hub } from '../contracts/hub/hub.js';
import { HubBroker } from '../contracts/hub/hub-broker.js';
import { NestApp } from '../harness/nest-app.js';
import { dataOf, HostWorld, publish } from './host-world.js';
import { CHANNELS } from './shop-app.js';

let hub: Hub;

beforeAll(async () => {
  hub = await Hub.start();
});
afterAll(() => hub.stop());

/** A provider of the host that an injected broker needs. */
@Injectable()
class HubAddress {
  readonly port = hub.port;
}

@Global()
@Module({ providers: [HubAddress], exports: [HubAddress] })
class AddressModule {}

@Injectable()
class InjectedBroker extends HubBroker {
  constructor(settings: BrokerSettings, { port }: HubAddress) {
    super(settings, port);
  }
}

/** Records the calls to it. */
class WatchedBroker extends HubBroker {
  readonly calls: string[] = [];

  override open(): Promise<void> {
    this.calls.push('open');
    return super.open();
  }

  override close(): Promise<void> {
    this.calls.push('close');
    return super.close();
  }
}

const SETTINGS = {
  idempotencyMs: 300_000,
  keepPositionsMs: 2_592_000_000,
  maxMessageBytes: 61_440,
};
const fromFactory: BrokerFactory = (settings) => new HubBroker(settings, hub.port);

describe('A broker of one’s own', () => {
  const world = new HostWorld();

  afterEach(() => world.close());

  const start = (options: Partial<BirdsongOptions>) =>
    world.start({
      imports: [AddressModule, BirdsongModule.forRoot({ channels: CHANNELS, ...options })],
    });

  test.each<[string, () => BirdsongOptions['broker']]>([
    ['an instance', () => new HubBroker(SETTINGS, hub.port)],
    ['a class that Nest injects', () => InjectedBroker],
    ['a function', () => fromFactory],
    ['an asynchronous function', () => (settings) => Promise.resolve(fromFactory(settings))],
  ])('that is %s carries messages from one app to the readers of another', async (_, broker) => {
    const [one, two] = [await start({ broker: broker() }), await start({ broker: broker() })];
    const reader = await world.open(one, 'channels/open.a/events');
    await reader.next();
    const receipt = await publish(two, 'open.a', 'across');
    const event = await reader.next();

    expect([event.id, dataOf(event)]).toEqual([receipt.id, 'across']);
    expect(one.app.get(Broker)).toBeInstanceOf(HubBroker);
  });

  test('can come from forRootAsync, whose imports are injected into a class', async () => {
    @Module({ providers: [HubAddress], exports: [HubAddress] })
    class LocalModule {}

    const app = await world.start({
      imports: [
        BirdsongModule.forRootAsync({
          imports: [LocalModule],
          useFactory: () => ({ channels: CHANNELS, broker: InjectedBroker }),
        }),
      ],
    });
    const reader = await world.open(app, 'channels/open.async/events');
    await reader.next();
    await publish(app, 'open.async', 'injected');

    expect(dataOf(await reader.next())).toBe('injected');
  });

  test('is given the options that concern it', async () => {
    const told: BrokerSettings[] = [];
    await start({
      idempotencySeconds: 7,
      maxMessageBytes: 1000,
      broker: (settings) => {
        told.push(settings);
        return fromFactory(settings);
      },
    });

    expect(told).toMatchObject([{ idempotencyMs: 7000, maxMessageBytes: 1000 }]);
  });

  test('lets readers resume after an outage, with what came meanwhile', async () => {
    const [one, two] = [await start({ broker: fromFactory }), await start({ broker: fromFactory })];
    const reader = await world.open(one, 'channels/open.resume/events');
    await reader.next();
    await publish(two, 'open.resume', 'before');
    const { id } = await reader.next();
    await hub.save();
    await hub.restart();
    while (!two.app.get(Broker).isAvailable()) await new Promise(setImmediate);
    await publish(two, 'open.resume', 'after');
    const back = await world.open(one, 'channels/open.resume/events', {
      'Last-Event-ID': id ?? '',
    });
    await back.next();

    expect(dataOf(await back.next())).toBe('after');
    expect(dataOf(await reader.next())).toBe('after');
  });

  test('is opened and closed by its app, even if the host created it', async () => {
    const broker = new WatchedBroker(SETTINGS, hub.port);
    const app = await start({ broker });
    const afterStart = [...broker.calls];
    await app.close();

    expect([afterStart, broker.calls]).toEqual([['open'], ['open', 'close']]);
    expect(broker.isAvailable()).toBe(false);
  });

  test('that does not open keeps the app from starting', async () => {
    const gone = await Hub.start();
    await gone.stop();

    await expect(
      start({ broker: (settings) => new HubBroker(settings, gone.port) }),
    ).rejects.toMatchObject({ code: 'broker-unavailable' });
  });

  test.each<[string, object]>([
    [
      'broker and redis contradict each other: set one',
      { broker: fromFactory, redis: { url: 'redis://localhost' } },
    ],
    ['broker: must be a Broker, a class that extends Broker, or a function', { broker: {} }],
    ['broker: must be a Broker', { broker: 'redis' }],
    ['broker: the function must return a Broker', { broker: () => ({}) }],
  ])('is refused with "%s"', async (message, options) => {
    await expect(
      NestApp.start({ imports: [BirdsongModule.forRoot({ channels: CHANNELS, ...options })] }),
    ).rejects.toThrow(message);
  });
});
