import { type ChildProcess, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { defaultDeadlineMs, withDeadline } from './deadline.js';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcessOptions {
  cwd?: string;
  /** The whole environment: nothing is inherited but what stands here, PATH and HOME. */
  env?: Record<string, string>;
}

export interface UntilOutputOptions {
  stream?: 'stdout' | 'stderr' | 'output';
  deadlineMs?: number;
}

/** One child process: its output so far, its end, and signals to it. */
export class ServerProcess {
  /** Settles when the process has ended and all it wrote has been read. */
  readonly exited: Promise<Exit>;

  private readonly child: ChildProcess;
  private readonly watchers = new Set<() => void>();
  private stdoutText = '';
  private stderrText = '';
  private outputText = '';
  private exit: Exit | undefined;

  constructor(
    private readonly command: string,
    args: readonly string[],
    options: ServerProcessOptions = {},
  ) {
    const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/' } = process.env;
    // Debian keeps servers where only root looks for programs.
    const searchPath = `${PATH}:/usr/local/sbin:/usr/sbin`;
    this.child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { PATH: searchPath, HOME, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdoutText += text;
      this.append(text);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderrText += text;
      this.append(text);
    });
    this.exited = new Promise((resolve) => {
      const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.exit ??= { code, signal };
        resolve(this.exit);
        this.notify();
      };
      this.child.once('close', settle);
      this.child.once('error', (error) => {
        this.append(`${error.message}\n`);
        if (this.child.pid === undefined) settle(null, null);
      });
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.command} did not start`);
    return this.child.pid;
  }

  get stdout(): string {
    return this.stdoutText;
  }

  get stderr(): string {
    return this.stderrText;
  }

  /** What it wrote to standard output and standard error, in the order in which it was read. */
  get output(): string {
    return this.outputText;
  }

  get hasExited(): boolean {
    return this.exit !== undefined;
  }

  /**
   * Resolves once what it wrote to `stream` matches (colours are taken off); rejects when the
   * process ends first.
   */
  untilOutput(
    pattern: RegExp,
    { stream = 'stdout', deadlineMs = defaultDeadlineMs }: UntilOutputOptions = {},
  ): Promise<RegExpExecArray> {
    let look: () => void = () => undefined;
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      look = () => {
        const match = pattern.exec(stripVTControlCharacters(this[stream]));
        if (match) resolve(match);
        else if (this.exit) reject(new Error(this.explain(`ended (${this.describeExit()})`)));
      };
      this.watchers.add(look);
      look();
    });
    const explain = (): string => this.explain(`wrote nothing that matches ${pattern.source}`);
    return withDeadline(found, deadlineMs, explain).finally(() => this.watchers.delete(look));
  }

  /** Sends a signal; does nothing when the process has ended. */
  signal(signal: NodeJS.Signals): void {
    if (!this.hasExited) this.child.kill(signal);
  }

  /** Sends `signal` and waits for the end; see `untilExit`. */
  end(signal: NodeJS.Signals, deadlineMs = defaultDeadlineMs): Promise<Exit> {
    this.signal(signal);
    return this.untilExit(deadlineMs);
  }

  /** Waits for the end. A process that stays is killed, and the promise rejects: that is a failure. */
  async untilExit(deadlineMs = defaultDeadlineMs): Promise<Exit> {
    try {
      return await withDeadline(this.exited, deadlineMs, () => this.explain('is still there'));
    } catch (error) {
      this.signal('SIGKILL');
      await this.exited;
      throw error;
    }
  }

  private append(text: string): void {
    this.outputText += text;
    this.notify();
  }

  private notify(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  private describeExit(): string {
    return this.exit?.signal ?? `exit code ${String(this.exit?.code)}`;
  }

  private explain(what: string): string {
    return `${this.command} ${what}; its output:\n${this.outputText || '(none)'}`;
  }
}
