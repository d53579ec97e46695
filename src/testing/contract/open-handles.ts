import { AsyncLocalStorage, createHook } from 'node:async_hooks';

/** Node's names for timers, sockets and the like. */
const KINDS: ReadonlySet<string> = new Set([
  'Timeout',
  'TCPWRAP',
  'TCPSERVERWRAP',
  'PIPEWRAP',
  'PIPESERVERWRAP',
  'UDPWRAP',
  'PROCESSWRAP',
  'WORKER',
  'FSEVENTWRAP',
]);

/** The timers and sockets that some work has opened and not closed, including those that let the process end. */
export class OpenHandles {
  private readonly work = new AsyncLocalStorage<true>();
  private readonly open = new Map<number, string>();
  private readonly hook = createHook({
    init: (id, kind) => {
      if (KINDS.has(kind) && this.work.getStore()) {
        this.open.set(id, kind);
      }
    },
    destroy: (id) => this.open.delete(id),
  }).enable();

  /** Runs the work, and watches every handle that it opens, directly or later. */
  watch<Outcome>(work: () => Outcome): Outcome {
    return this.work.run(true, work);
  }

  get kinds(): readonly string[] {
    return [...this.open.values()];
  }

  stop(): void {
    this.hook.disable();
  }
}
