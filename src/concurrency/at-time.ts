/** The longest time that a timer of Node can wait: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls back at this time, once, unless the process ends before.
 * @returns a function that ends the wait
 */
export function atTime(time: Date, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const ms = time.getTime() - Date.now();
    timer = setTimeout(ms > MAX_TIMER_MS ? wait : call, Math.min(ms, MAX_TIMER_MS)).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
