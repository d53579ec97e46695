import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Commands, Ready } from './commands.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;

/** A Node process of this benchmark, whose commands the parent can call. */
export class Child<C extends Commands<C>, R> {
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
    readonly ready: R,
  ) {
    child.on('message', (answer: Answer) => this.settle(answer));
    child.once('exit', (code, signal) => {
      const error = new Error(`${name} ended (${String(signal ?? code)})`);
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    });
  }

  /** @param module a file of this benchmark, from its root */
  static async start<C extends Commands<C>, R>(
    module: string,
    options: { env?: NodeJS.ProcessEnv; execArgv?: string[] } = {},
  ): Promise<Child<C, R>> {
    const child = fork(fileURLToPath(new URL(`../${module}`, import.meta.url)), {
      execArgv: options.execArgv ?? [],
      env: { PATH: process.env.PATH, NODE_ENV: 'production', NO_COLOR: '1', ...options.env },
    });
    const abort = new AbortController();
    try {
      const [message] = (await Promise.race([
        once(child, 'message', { signal: abort.signal }),
        once(child, 'exit', { signal: abort.signal }).then(() => {
          throw new Error(`${module} ended before it was ready`);
        }),
        timeout(`${module} is not ready`, abort.signal),
      ])) as [Ready];
      return new Child<C, R>(module, child, message.ready as R);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    } finally {
      abort.abort();
    }
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.child.pid;
  }

  call<Name extends keyof C & string>(
    name: Name,
    ...[argument]: Parameters<C[Name]>
  ): Promise<Awaited<ReturnType<C[Name]>>> {
    if (!this.child.connected) return Promise.reject(new Error(`${this.name} is gone`));
    const id = ++this.calls;
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, name, argument });
    }) as Promise<Awaited<ReturnType<C[Name]>>>;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    if (this.child.connected) this.child.disconnect();
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(late);
  }

  private settle({ id, value, error }: Answer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(`${this.name}: ${error}`));
  }
}

function timeout(what: string, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(what)), START_DEADLINE_MS);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
