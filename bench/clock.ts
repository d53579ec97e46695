const originUs = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/** Microseconds of the machine's monotonic clock, the same in all processes. */
export function nowUs(): number {
  return originUs + performance.now() * 1000;
}
