const originUs = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/** Microseconds on the machine's monotonic clock, which all processes share. */
export function nowUs(): number {
  return originUs + performance.now() * 1000;
}
