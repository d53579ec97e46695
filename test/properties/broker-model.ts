import type { HistoryQuery } from '../../src/broker/broker.port.js';

export interface ModelMessage {
  readonly offset: number;
  readonly data: number;
  readonly storedAtMs: number;
}

export interface ModelLimits {
  readonly count: number;
  readonly ageMs: number;
}

/** One channel as the protocol tells it: every message that ever was, and which of them are kept. */
export class ChannelModel {
  readonly messages: ModelMessage[] = [];
  /** What a subscriber has been given; none while nobody subscribes. */
  delivered: number[] | undefined;
  private readonly keys = new Map<
    string,
    { first: number; types: string[]; expiresAtMs: number }
  >();

  constructor(
    private readonly limits: ModelLimits,
    private readonly idempotencyMs: number,
  ) {}

  get newest(): number {
    return this.messages.length;
  }

  publish(
    data: readonly number[],
    type: string,
    key: string | undefined,
    nowMs: number,
  ): { first: number; types: string[]; duplicate: boolean } {
    const earlier = key === undefined ? undefined : this.keys.get(key);
    if (earlier && earlier.expiresAtMs > nowMs) {
      return { first: earlier.first, types: earlier.types, duplicate: true };
    }
    const first = this.newest + 1;
    const types = data.map(() => type);
    for (const one of data) {
      this.messages.push({ offset: this.newest + 1, data: one, storedAtMs: nowMs });
      this.delivered?.push(one);
    }
    if (key !== undefined) {
      this.keys.set(key, { first, types, expiresAtMs: nowMs + this.idempotencyMs });
    }
    return { first, types, duplicate: false };
  }

  kept(nowMs: number): ModelMessage[] {
    return this.messages
      .slice(-this.limits.count)
      .filter(({ storedAtMs }) => storedAtMs + this.limits.ageMs > nowMs);
  }

  /** @param query with offsets of this epoch */
  read(
    query: { after: number | undefined; before: number | undefined } & Pick<HistoryQuery, 'limit'>,
    nowMs: number,
  ): { data: number[]; newest: number; gap: { oldest: number | undefined } | undefined } {
    const { after, before, limit } = query;
    const kept = this.kept(nowMs);
    const lost = this.messages.filter((message) => !kept.includes(message));
    const isUnknown = after !== undefined && after > this.newest;
    const gap = after !== undefined && (isUnknown || lost.some(({ offset }) => offset > after));
    const wanted = kept.filter(
      ({ offset }) =>
        (after === undefined || gap || offset > after) && (before === undefined || offset < before),
    );
    const page = after === undefined ? wanted.slice(-limit) : wanted.slice(0, limit);
    return {
      data: (limit === 0 ? [] : page).map(({ data }) => data),
      newest: this.newest,
      gap: gap
        ? { oldest: kept.find(({ offset }) => isUnknown || offset > after)?.offset }
        : undefined,
    };
  }
}
