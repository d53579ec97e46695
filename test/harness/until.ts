import { setTimeout as pause } from 'node:timers/promises';
import { defaultDeadlineMs } from './deadline.js';

/** Asks again until it is so; an answer that fails is a no. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  deadlineMs = defaultDeadlineMs,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  const ask = async (): Promise<boolean> => isSo();
  while (!(await ask().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`Never came to pass: ${what}`);
    // Not to keep a server busy with questions that has something to do.
    await pause(20);
  }
}
