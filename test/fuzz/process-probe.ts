import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What a process holds after a garbage collection. */
export interface Holding {
  /** Live objects by class name. */
  readonly objects: Readonly<Record<string, number>>;
  /** Timers that keep the process alive. */
  readonly timers: number;
  readonly heapBytes: number;
}

/** Inspects a server's process from outside: see probe.mjs. */
export class ProcessProbe {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<ProcessProbe> {
    return new ProcessProbe(await mkdtemp(join(tmpdir(), 'birdsong-probe-')));
  }

  /** The environment that a process needs to be inspected. */
  get env(): Record<string, string> {
    const module = fileURLToPath(new URL('probe.mjs', import.meta.url));
    return {
      NODE_OPTIONS: `--import=${module} --disable-warning=ExperimentalWarning`,
      PROBE_SOCKET: this.address,
    };
  }

  async measure(): Promise<Holding> {
    return JSON.parse(await text(connect(this.address))) as Holding;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  private get address(): string {
    return join(this.folder, 'probe');
  }
}

/** The sockets that a process has open. */
export async function socketCount(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    // A socket may close meanwhile.
    (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => '')),
  );
  return links.filter((link) => link.startsWith('socket:')).length;
}
