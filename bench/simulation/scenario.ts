/** How many readers read how many channels. */
export interface Scenario {
  readonly name: string;
  readonly readers: number;
  /** Each reader reads one of them; readers are spread evenly. */
  readonly channels: number;
  /** Messages a second of each channel. */
  readonly perSecond: number;
  /** Of the data of a message, as JSON. */
  readonly payloadBytes: number;
  readonly historyCount: number;
  readonly historySeconds: number;
}

/** The machines. Chosen, not measured: the command-line options that do not belong to the scenario. */
export interface Hardware {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly networkBitsPerSecond: number;
  readonly redisMemoryBytes: number;
  /** The share of cores, memory and network that is planned for. */
  readonly utilisation: number;
  /** What an operator lets a process have: nine tenths of MAX_CONNECTIONS. */
  readonly readersPerProcess: number;
  /** Of a process without readers, its ring of recent messages full. */
  readonly processBytes: number;
  /** Of the kernel, for a socket without data. */
  readonly kernelBytesPerReader: number;
  readonly heartbeatSeconds: number;
  readonly retryMs: number;
  readonly drainSeconds: number;
}

const GIB = 2 ** 30;

export const HARDWARE: Hardware = {
  cores: 16,
  memoryBytes: 64 * GIB,
  networkBitsPerSecond: 10e9,
  redisMemoryBytes: 32 * GIB,
  utilisation: 0.5,
  readersPerProcess: 18_000,
  processBytes: 256 * 2 ** 20,
  kernelBytesPerReader: 4096,
  heartbeatSeconds: 15,
  retryMs: 2000,
  drainSeconds: 10,
};

const common = { payloadBytes: 110, historySeconds: 86_400 };

const threeOf = (readers: number): readonly Scenario[] => [
  {
    ...{ name: 'a channel each', readers, channels: readers, perSecond: 0.01 },
    ...{ ...common, historyCount: 50 },
  },
  {
    ...{ name: 'rooms of 100', readers, channels: readers / 100, perSecond: 0.2 },
    ...{ ...common, historyCount: 200 },
  },
  {
    ...{ name: 'one channel', readers, channels: 1, perSecond: 1 },
    ...{ ...common, historyCount: 1000 },
  },
];

/** Those that docs/operations.md tells of, by the heading of their table. */
export const SCENARIOS: Readonly<Record<string, readonly Scenario[]>> = {
  'a-million': threeOf(1_000_000),
  'a-hundred-million': threeOf(100_000_000),
};
