import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { Broker, BrokerChannel } from '../../src/broker/broker.port.js';
import { batch, dataOf, newChannel } from '../../src/testing/contract/publications.js';
import { Recorder } from '../../src/testing/contract/recorder.js';
import { ChannelModel } from './broker-model.js';

/** What the commands work on: each channel and its model by the same number. */
export interface Models {
  readonly channels: readonly ChannelModel[];
}

export interface Real {
  readonly broker: Broker;
  readonly channels: readonly BrokerChannel[];
  readonly recorders: (Recorder | undefined)[];
  /** Milliseconds since 1970, as the broker has it. */
  now(): number;
  advance(ms: number): void;
}

abstract class Command implements fc.AsyncCommand<Models, Real> {
  constructor(protected readonly number: number) {}

  check(_models: Readonly<Models>): boolean {
    return true;
  }

  async run({ channels }: Models, real: Real): Promise<void> {
    const model = channels[this.number] as ChannelModel;
    const channel = real.channels[this.number] as BrokerChannel;
    await this.compare(model, channel, real);
    const recorder = real.recorders[this.number];
    if (recorder && model.delivered) {
      const received = await recorder.messages(model.delivered.length);
      expect(received.map(dataOf)).toEqual(model.delivered);
      expect(recorder.gaps).toEqual([]);
    }
  }

  protected abstract compare(
    model: ChannelModel,
    channel: BrokerChannel,
    real: Real,
  ): Promise<void>;
}

let published = 0;

class Publish extends Command {
  constructor(
    number: number,
    private readonly count: number,
    private readonly type: string,
    private readonly key: string | undefined,
  ) {
    super(number);
  }

  protected override async compare(
    model: ChannelModel,
    channel: BrokerChannel,
    real: Real,
  ): Promise<void> {
    const data = Array.from({ length: this.count }, () => (published += 1));
    const expected = model.publish(data, this.type, this.key, real.now());
    const { first, types, duplicate } = await real.broker.publish(
      channel,
      batch(data, { type: this.type, ...(this.key !== undefined && { idempotencyKey: this.key }) }),
    );
    expect({ first: first.offset, types, duplicate }).toEqual(expected);
  }

  override toString = () =>
    `publish(${this.number}, ${this.count}, ${this.type}, ${this.key ?? '-'})`;
}

class Read extends Command {
  constructor(
    number: number,
    private readonly after: number | undefined,
    private readonly before: number | undefined,
    private readonly limit: number,
  ) {
    super(number);
  }

  protected override async compare(
    model: ChannelModel,
    channel: BrokerChannel,
    real: Real,
  ): Promise<void> {
    const { after, before, limit } = this;
    const { broker } = real;
    const { newest } = await broker.read(channel, { limit: 0 });
    const at = (offset: number | undefined) =>
      offset === undefined ? undefined : { epoch: newest.epoch, offset };
    const page = await broker.read(channel, { after: at(after), before: at(before), limit });
    const found = { data: page.messages.map(dataOf), newest: page.newest.offset };
    const gap = page.gap && { oldest: page.gap.oldest?.offset };
    expect({ ...found, gap }).toEqual(model.read({ after, before, limit }, real.now()));
  }

  override toString = () => `read(${this.number}, ${this.after}, ${this.before}, ${this.limit})`;
}

class Subscribe extends Command {
  protected override async compare(
    model: ChannelModel,
    channel: BrokerChannel,
    real: Real,
  ): Promise<void> {
    real.recorders[this.number]?.subscription.close();
    const recorder = await Recorder.on(real.broker, channel);
    expect(recorder.subscription.position.offset).toBe(model.newest);
    real.recorders[this.number] = recorder;
    model.delivered = [];
  }

  override toString = () => `subscribe(${this.number})`;
}

class Unsubscribe extends Command {
  protected override compare(
    model: ChannelModel,
    _channel: BrokerChannel,
    real: Real,
  ): Promise<void> {
    real.recorders[this.number]?.subscription.close();
    real.recorders[this.number] = undefined;
    model.delivered = undefined;
    return Promise.resolve();
  }

  override toString = () => `unsubscribe(${this.number})`;
}

class Advance extends Command {
  constructor(private readonly ms: number) {
    super(0);
  }

  protected override compare(
    _model: ChannelModel,
    _channel: BrokerChannel,
    real: Real,
  ): Promise<void> {
    real.advance(this.ms);
    return Promise.resolve();
  }

  override toString = () => `advance(${this.ms})`;
}

const offsets = fc.option(fc.nat(30), { nil: undefined });
const keys = fc.option(fc.constantFrom('a', 'b'), { nil: undefined });

/** Often to the very millisecond at which something ends. */
const times = fc.oneof(fc.nat(20_000), fc.constantFrom(1, 25_000, 30_000));

/** Sequences of commands on so many channels. Time passes only where the clock can be set. */
export function commandsOn(channelCount: number, hasClock: boolean) {
  const number = fc.nat(channelCount - 1);
  const count = fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 12 }));
  return fc.commands<Models, Real, false>(
    [
      fc
        .tuple(number, count, fc.constantFrom('message', 'joke'), keys)
        .map((parts) => new Publish(...parts)),
      fc.tuple(number, offsets, offsets, fc.nat(15)).map((parts) => new Read(...parts)),
      number.map((one) => new Subscribe(one)),
      number.map((one) => new Unsubscribe(one)),
      ...(hasClock ? [times.map((ms) => new Advance(ms))] : []),
    ],
    { maxCommands: 40 },
  );
}

export const IDEMPOTENCY_SECONDS = 30;

/** One that trims soon, one that ages soon, one that does neither. */
export const LIMITS = [
  { count: 5, ageSeconds: 3600 },
  { count: 1000, ageSeconds: 25 },
  { count: 1000, ageSeconds: 3600 },
];

/** The model's channels, and a broker's beside them. */
export function setUp(
  broker: Broker,
  advance: (ms: number) => void,
): { model: Models; real: Real } {
  return {
    model: {
      channels: LIMITS.map(
        ({ count, ageSeconds }) =>
          new ChannelModel({ count, ageMs: ageSeconds * 1000 }, IDEMPOTENCY_SECONDS * 1000),
      ),
    },
    real: {
      broker,
      channels: LIMITS.map((limits) => newChannel(limits)),
      recorders: LIMITS.map(() => undefined),
      now: () => Date.now(),
      advance,
    },
  };
}
