import { setTimeout as delay } from 'node:timers/promises';
import { request, type HttpAnswer } from '../../harness/http-client.js';
import type { Attempt, Outcome } from './record.js';
import { Watchers } from './watchers.js';

export interface RecordingPublisherOptions {
  readonly name: string;
  readonly channel: string;
  /** Where it sends to. It moves on to the next one when one does not accept. */
  readonly origins: readonly string[];
  /**
   * Whether it sends as a careful client does: with an Idempotency-Key, and again until it is acknowledged.
   * Otherwise it tries once, and forgets.
   */
  readonly isCareful: boolean;
  /** Between one message and the next. */
  readonly pauseMs: number;
  /** Padding for each message, in bytes. Default 0. */
  readonly fillingBytes?: number;
  /** Messages per batch. Default 1: sent alone. */
  readonly batchCount?: number;
}

/** How long a careful client waits for one attempt. */
const PATIENCE_MS = 15_000;
/** Less than Retry-After asks for, so that many outages fit into a test. */
const RETRY_MS = 100;

/** Sends messages one after the other and notes what becomes of each attempt. */
export class RecordingPublisher {
  readonly attempts: Attempt[] = [];
  private readonly watchers = new Watchers();
  private readonly filling: string;
  private readonly running: Promise<void>;
  private hold: Promise<void> | undefined;
  private release: (() => void) | undefined;
  private sequence = 0;
  private turn = 0;
  private isStopping = false;
  private isGivingUp = false;
  private isIdle = false;

  constructor(private readonly options: RecordingPublisherOptions) {
    this.filling = 'x'.repeat(options.fillingBytes ?? 0);
    this.running = this.run();
  }

  get name(): string {
    return this.options.name;
  }

  get channel(): string {
    return this.options.channel;
  }

  /** Resolves as soon as `predicate` holds; it is asked again after every attempt. */
  until(predicate: (publisher: this) => boolean): Promise<void> {
    return this.watchers.until(() => predicate(this));
  }

  count(kind: Outcome['kind']): number {
    return this.attempts.filter(({ outcome }) => outcome.kind === kind).length;
  }

  /** Resolves once no attempt is in progress. None begins until `goOn`. */
  async rest(): Promise<void> {
    this.hold ??= new Promise((resolve) => (this.release = resolve));
    await this.until(() => this.isIdle);
  }

  goOn(): void {
    this.release?.();
    this.hold = undefined;
  }

  /** Sends no further message. Resolves once the last is acknowledged, or given up. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.goOn();
    await this.running;
  }

  /** Like `stop`, but does not retry what was not acknowledged. */
  async giveUp(): Promise<void> {
    this.isGivingUp = true;
    await this.stop();
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const sequences = Array.from(
        { length: this.options.batchCount ?? 1 },
        () => (this.sequence += 1),
      );
      await this.send(sequences);
      await delay(this.options.pauseMs);
    }
  }

  private async send(sequences: readonly number[]): Promise<void> {
    for (;;) {
      await this.waitWhileHeld();
      const [outcome] = await this.attempt(sequences);
      if (outcome?.kind === 'acknowledged') return;
      if (outcome?.kind === 'refused' && outcome.status < 500) return;
      this.turn += 1;
      if (!this.options.isCareful || this.isGivingUp) return;
      await delay(RETRY_MS);
    }
  }

  private async waitWhileHeld(): Promise<void> {
    while (this.hold) {
      this.isIdle = true;
      this.notify();
      await this.hold;
    }
    this.isIdle = false;
  }

  private async attempt(sequences: readonly number[]): Promise<Outcome[]> {
    const { name: publisher, channel, origins, isCareful } = this.options;
    const messages = sequences.map((sequence) => `${publisher}/${sequence}`);
    const key = isCareful ? messages[0] : undefined;
    const sentAtMs = performance.now();
    const outcomes = await this.post(origins[this.turn % origins.length] ?? '', messages, key);
    const times = { sentAtMs, tookMs: performance.now() - sentAtMs };
    messages.forEach((message, index) => {
      const outcome = outcomes[index] ?? { kind: 'unknown', reason: 'not in the answer' };
      const sequence = sequences[index] ?? 0;
      this.attempts.push({ message, channel, publisher, sequence, key, outcome, ...times });
    });
    this.notify();
    return outcomes;
  }

  private async post(
    origin: string,
    messages: readonly string[],
    key: string | undefined,
  ): Promise<Outcome[]> {
    const isBatch = messages.length > 1;
    const contents = messages.map((text) => ({
      data: this.filling === '' ? text : [text, this.filling],
    }));
    const path = `/channels/${this.options.channel}/messages${isBatch ? '/batch' : ''}`;
    try {
      const answer = await request(`${origin}${path}`, {
        json: isBatch ? { messages: contents } : contents[0],
        headers: key === undefined ? {} : { 'Idempotency-Key': key },
        deadlineMs: PATIENCE_MS,
      });
      return outcomesOf(answer, messages.length);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return messages.map(() => ({ kind: 'unknown', reason: code ?? message }));
    }
  }

  private notify(): void {
    this.watchers.notify();
  }
}

interface Receipt {
  readonly id: string;
}

/** One for each message of the request. */
function outcomesOf(answer: HttpAnswer, count: number): Outcome[] {
  const { status, headers } = answer;
  const body = answer.json() as Receipt & {
    messages?: Receipt[];
    duplicate?: boolean;
    code: string;
  };
  if (status === 200 || status === 201) {
    const duplicate = body.duplicate === true;
    return (body.messages ?? [body]).map(({ id }) => ({ kind: 'acknowledged', id, duplicate }));
  }
  const refused = { kind: 'refused', status, code: body.code, retryAfter: headers['retry-after'] };
  return Array.from({ length: count }, () => refused as Outcome);
}
