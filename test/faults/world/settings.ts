/** Redis has on its disk what it acknowledges. A replica need not wait for others before it is given its data. */
export const DURABLE = [
  ...['--appendonly', 'yes', '--appendfsync', 'always'],
  ...['--repl-diskless-sync-delay', '0'],
] as const;

/** The only refusal that an outage may cause. */
export const REFUSAL = '503 broker-unavailable, Retry-After 1';

/** Of a node. */
export const NODE_ENV = {
  LOG_LEVEL: 'warn',
  // Long enough for a busy machine, short enough for a test.
  REDIS_COMMAND_TIMEOUT_MS: '1000',
  REDIS_PROBE_INTERVAL_MS: '200',
  HISTORY_COUNT: '1000000',
};
