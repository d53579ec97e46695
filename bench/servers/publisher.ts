import { nowUs } from '../clock.js';
import { createPayload, type Payload } from '../payload.js';

export interface PublishRun {
  /** The number of the first message. */
  readonly firstSeq: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** The length of each message's text. Default: as much as makes 110 bytes of JSON. */
  readonly textBytes?: number;
}

export interface Published {
  /** Less than was asked for where the server could not publish in time. */
  readonly count: number;
  readonly failedCount: number;
  readonly startedAtUs: number;
}

export interface Target {
  publish(payload: Payload): unknown;
  /** False while the server cannot take more. Default: always true. */
  canTake?(): boolean;
}

/** How far a delayed publisher catches up; it skips older messages. */
const MAX_BEHIND_MS = 200;

/**
 * Publishes at a rate for a time, by the clock: messages whose time has come while the process was busy
 * are published together. Resolves when the last of them is accepted.
 */
export function publishAtRate(target: Target, run: PublishRun): Promise<Published> {
  const { firstSeq, perSecond, seconds, textBytes } = run;
  const text = textBytes === undefined ? undefined : 'x'.repeat(textBytes);
  const intervalMs = 1000 / perSecond;
  const startedAtUs = Math.floor(nowUs());
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000 - intervalMs / 2;
  const accepted: unknown[] = [];
  let nextMs = startMs;
  let count = 0;
  return new Promise((resolve) => {
    const tick = (): void => {
      const now = performance.now();
      nextMs = Math.max(nextMs, now - MAX_BEHIND_MS);
      while (nextMs <= now && nextMs < endMs && (target.canTake?.() ?? true)) {
        accepted.push(target.publish(createPayload(firstSeq + count, text)));
        count += 1;
        nextMs += intervalMs;
      }
      if (nextMs < endMs && now < endMs) {
        setTimeout(tick, Math.max(0, nextMs - performance.now()));
      } else {
        void Promise.allSettled(accepted).then((outcomes) => {
          const failedCount = outcomes.filter(({ status }) => status === 'rejected').length;
          resolve({ count, failedCount, startedAtUs });
        });
      }
    };
    tick();
  });
}
