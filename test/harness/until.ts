import { setTimeout as pause } from 'node:timers/promises';
import { defaultDeadlineMs } from './deadline.js';

/** Polls until it holds. A check that fails counts as no. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  deadlineMs = defaultDeadlineMs,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  const ask = async (): Promise<boolean> => isSo();
  while (!(await ask().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`Never came to pass: ${what}`);
    // Pauses, so that polling does not keep a busy server busier.
    await pause(20);
  }
}
