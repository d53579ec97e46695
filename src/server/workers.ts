import { Logger } from '@nestjs/common';
import cluster, { type Address, type Worker } from 'node:cluster';
import type { Environment } from './environment.js';
import { urlOf } from './http.js';
import { redisOptionsOf } from './redis-environment.js';

const REPLACE_FIRST_MS = 100;
const REPLACE_MAX_MS = 10_000;
/** A worker that served for so long did not die of its start. */
const STABLE_MS = 30_000;

/**
 * Runs the server in several processes that share a port: whoever dies is replaced, and its readers resume at
 * the others. Their messages go through Redis.
 */
export class Workers {
  private readonly logger: Logger;
  private readonly listening = new Set<number>();
  private readonly replacing = new Set<NodeJS.Timeout>();
  private replaceMs = REPLACE_FIRST_MS;
  private hasStarted = false;
  private isStopping = false;

  /** @throws Error that names the variable, without Redis */
  constructor(private readonly environment: Environment) {
    if (!redisOptionsOf(environment)) {
      throw new Error('WORKERS: more than one needs Redis (REDIS_URL), as they share no memory');
    }
    this.logger = new Logger('Birdsong');
  }

  start(): void {
    cluster.on('listening', (worker, address) => this.onListening(worker, address));
    cluster.on('exit', (worker, code, signal) => this.onExit(worker, signal || code));
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => this.stop());
    }
    for (let count = 0; count < this.environment.WORKERS; count++) {
      cluster.fork();
    }
  }

  private onListening(worker: Worker, { port }: Address): void {
    this.listening.add(worker.id);
    if (!this.hasStarted && this.listening.size === this.environment.WORKERS) {
      this.hasStarted = true;
      const url = urlOf(this.environment.HOST, port);
      process.stdout.write(
        `Birdsong is listening on ${url} with ${this.environment.WORKERS} workers\n`,
      );
    }
    setTimeout(() => (this.replaceMs = REPLACE_FIRST_MS), STABLE_MS).unref();
  }

  private onExit(worker: Worker, reason: string | number): void {
    this.listening.delete(worker.id);
    if (this.isStopping || !this.hasStarted) {
      if (!this.isStopping) {
        this.stop();
      }
      this.exitWhenAlone(this.hasStarted ? 0 : 1);
      return;
    }
    this.logger.warn(`Worker ${worker.process.pid ?? '?'} ended (${reason}) and is replaced.`);
    const timer = setTimeout(() => {
      this.replacing.delete(timer);
      cluster.fork();
    }, this.replaceMs);
    this.replacing.add(timer);
    this.replaceMs = Math.min(this.replaceMs * 2, REPLACE_MAX_MS);
  }

  /** Again, it hurries the workers. */
  private stop(): void {
    this.isStopping = true;
    this.replacing.forEach((timer) => clearTimeout(timer));
    for (const worker of Object.values(cluster.workers ?? {})) {
      worker?.process.kill('SIGTERM');
    }
    this.exitWhenAlone(0);
  }

  private exitWhenAlone(code: number): void {
    if (Object.keys(cluster.workers ?? {}).length === 0) {
      process.exit(code);
    }
  }
}
