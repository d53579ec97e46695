/** In an outage or under attack, the same thing happens with every request. */
const LOG_EVERY_MS = 1000;

/** Lets a line be logged at most once a second for each key. */
export class LogThrottle {
  private readonly loggedAtMs = new Map<string, number>();

  /** @param key what is logged. There must be few keys, as each is remembered */
  isDue(key = ''): boolean {
    const now = performance.now();
    const isDue = now - (this.loggedAtMs.get(key) ?? -Infinity) >= LOG_EVERY_MS;
    if (isDue) {
      this.loggedAtMs.set(key, now);
    }
    return isDue;
  }
}
