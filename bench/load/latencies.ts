export interface LatencySummary {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const BIN_US = 10;
const BINS = 1_000_000;

/** Counts latencies in bins of 10 µs up to 10 s; what took longer is in the last. */
export class Latencies {
  private readonly bins = new Uint32Array(BINS);
  private count = 0;
  private maxUs = 0;

  add(us: number): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(us / BIN_US)));
    this.bins[bin] = (this.bins[bin] ?? 0) + 1;
    this.count += 1;
    if (us > this.maxUs) this.maxUs = us;
  }

  summary(): LatencySummary {
    return {
      p50Ms: this.percentileMs(0.5),
      p99Ms: this.percentileMs(0.99),
      maxMs: this.maxUs / 1000,
    };
  }

  private percentileMs(share: number): number {
    const wanted = Math.ceil(this.count * share);
    let seen = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      seen += this.bins[bin] ?? 0;
      if (seen >= wanted) return ((bin + 1) * BIN_US) / 1000;
    }
    return Number.NaN;
  }
}
