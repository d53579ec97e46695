/** How often the same thing is logged: in an outage or under attack, it happens with every request. */
const LOG_EVERY_MS = 1000;

/** Says whether something is due to be logged: at most once a second for each key. */
export class LogThrottle {
  private readonly loggedAtMs = new Map<string, number>();

  /** @param key what is logged: one of a few, as each is remembered */
  isDue(key = ''): boolean {
    const now = performance.now();
    const isDue = now - (this.loggedAtMs.get(key) ?? -Infinity) >= LOG_EVERY_MS;
    if (isDue) {
      this.loggedAtMs.set(key, now);
    }
    return isDue;
  }
}
