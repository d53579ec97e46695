import { readFile } from 'node:fs/promises';
import { builtPackage } from './built-package.js';
import { type Exit, ServerProcess } from './server-process.js';

export interface BirdsongNodeOptions {
  /**
   * Added to PORT, HOST, PATH, HOME and limits of 0, which is all that the server sees of the environment. An empty
   * limit brings back its default.
   */
  env?: Record<string, string>;
  /** Default: 0, any free port. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
}

export interface BirdsongRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The stand-alone server as built for the tests, `node dist/main.js`, in a process of its own. */
export class BirdsongNode {
  private constructor(
    private readonly server: ServerProcess,
    /** Without a slash at the end. */
    readonly url: string,
  ) {}

  /** Resolves once it listens; rejects with its output when it ends before. */
  static async start(options: BirdsongNodeOptions = {}): Promise<BirdsongNode> {
    const server = launch(options);
    try {
      const [, printed = ''] = await server.untilOutput(/listening on (http:\/\/[^\s"]+)[\s"]/);
      const url = new URL(printed);
      // A server that listens everywhere prints `localhost`, but the tests use IPv4.
      if (url.hostname === 'localhost') url.hostname = '127.0.0.1';
      return new BirdsongNode(server, url.origin);
    } catch (error) {
      await server.end('SIGKILL');
      throw error;
    }
  }

  /** Runs the server until it ends by itself, for starts that must fail. */
  static async run(options: BirdsongNodeOptions = {}): Promise<BirdsongRun> {
    const server = launch(options);
    const { code } = await server.untilExit();
    return { code, stdout: server.stdout, stderr: server.stderr };
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get pid(): number {
    return this.server.pid;
  }

  /** The most memory that the process has had, in MiB. */
  async peakMib(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  /** What it wrote to standard output and standard error so far. */
  get output(): string {
    return this.server.output;
  }

  /** All of it, once the server has ended. */
  get stderr(): string {
    return this.server.stderr;
  }

  get exited(): Promise<Exit> {
    return this.server.exited;
  }

  /** Sends SIGTERM and resolves with the exit code. Further calls resolve with the same code. */
  async stop(): Promise<number | null> {
    const { code } = await this.server.end('SIGTERM');
    return code;
  }

  /** Ends it with SIGKILL, as if its machine had died. */
  async kill(): Promise<void> {
    await this.server.end('SIGKILL');
  }
}

/** The tests send more, from one address, than a client usually does. */
const NO_CLIENT_LIMITS = {
  MAX_SENDS_PER_SECOND: '0',
  MAX_BYTES_PER_MINUTE: '0',
  MAX_NEW_CHANNELS_PER_MINUTE: '0',
  MAX_STREAMS_PER_CLIENT: '0',
};

function launch({ env, port = 0, host = '127.0.0.1' }: BirdsongNodeOptions): ServerProcess {
  return new ServerProcess(process.execPath, ['dist/main.js'], {
    cwd: builtPackage,
    env: { PORT: String(port), HOST: host, NO_COLOR: '1', ...NO_CLIENT_LIMITS, ...env },
  });
}
