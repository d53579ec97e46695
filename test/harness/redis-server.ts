import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { defaultDeadlineMs, withDeadline } from './deadline.js';
import { freePort } from './free-port.js';
import { rawRequest } from './http-client.js';
import { ServerProcess } from './server-process.js';

export interface RedisServerOptions {
  /** Default: a free one. */
  port?: number;
  /** Come last on the command line, so they win. Leave `logfile` and `loglevel` alone. */
  args?: readonly string[];
  /** Default: a temporary one, which `stop()` removes. */
  dir?: string;
  /** Those of its cluster's bus and of TLS, as its `args` say; only noted here. */
  busPort?: number | undefined;
  tlsPort?: number | undefined;
}

const portsToTry = 5;

/** A real `redis-server` of 127.0.0.1 that keeps nothing on disk unless its `args` say so. */
export class RedisServer {
  private readonly clients = new Set<Redis>();

  private constructor(
    readonly port: number,
    /** Where it keeps its files. */
    readonly dir: string,
    private readonly ownsDir: boolean,
    private readonly args: readonly string[],
    private server: ServerProcess,
    readonly busPort: number | undefined,
    readonly tlsPort: number | undefined,
  ) {}

  /** Resolves once it answers PING. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'birdsong-redis-')));
    const ownsDir = options.dir === undefined;
    const args = options.args ?? [];
    try {
      for (let attempt = 1; ; attempt += 1) {
        const port = options.port ?? (await freePort());
        const server = launch(port, dir, args);
        try {
          await untilItAnswers(server, port);
          return new RedisServer(
            port,
            dir,
            ownsDir,
            args,
            server,
            options.busPort,
            options.tlsPort,
          );
        } catch (error) {
          await server.end('SIGKILL');
          const taken = server.output.includes('Address already in use');
          if (options.port !== undefined || !taken || attempt === portsToTry) throw error;
        }
      }
    } catch (error) {
      if (ownsDir) await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.server.pid;
  }

  get output(): string {
    return this.server.output;
  }

  get hasExited(): boolean {
    return this.server.hasExited;
  }

  /** A client of this server, which `stop()` closes. */
  client(): Redis {
    // While it waits to reconnect, disconnect() leaves a timer of this length behind.
    const client = new Redis(this.port, '127.0.0.1', { disconnectTimeout: 1 });
    // The tests kill and pause this server; ioredis reconnects by itself and prints unheard errors.
    client.on('error', () => undefined);
    client.once('end', () => this.clients.delete(client));
    this.clients.add(client);
    return client;
  }

  /** Ends the server as its operator would, the clients that `client()` gave, and a temporary dir. */
  async stop(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    this.clients.clear();
    this.resume();
    await this.server.end('SIGTERM');
    if (this.ownsDir) await rm(this.dir, { recursive: true, force: true });
  }

  /** Ends it with SIGKILL: no last write, no goodbye. `restart()` brings it back. */
  async kill(): Promise<void> {
    await this.server.end('SIGKILL');
  }

  /** Ends it as its operator would and keeps its files. `restart()` brings it back. */
  async shutDown(): Promise<void> {
    await this.server.end('SIGTERM');
  }

  /** Freezes the process: connections stay open, nothing is answered. */
  pause(): void {
    this.server.signal('SIGSTOP');
  }

  resume(): void {
    this.server.signal('SIGCONT');
  }

  /** Kills it, unless it is dead, and starts it again on the same port, with the same args and dir. */
  async restart(): Promise<void> {
    await this.kill();
    this.server = launch(this.port, this.dir, this.args);
    await untilItAnswers(this.server, this.port);
  }

  /** As `restart`, and resolves when it has begun to load its files, which it then takes its time for. */
  async restartSlowly(...args: readonly string[]): Promise<void> {
    await this.kill();
    this.server = launch(this.port, this.dir, [...this.args, ...args]);
    await this.server.untilOutput(/Server initialized/);
  }
}

function launch(port: number, dir: string, args: readonly string[]): ServerProcess {
  const fixed = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir];
  const memoryOnly = ['--save', '', '--appendonly', 'no'];
  return new ServerProcess('redis-server', [...fixed, ...memoryOnly, ...args]);
}

async function untilItAnswers(server: ServerProcess, port: number): Promise<void> {
  await server.untilOutput(/Ready to accept connections/);
  const answer = rawRequest(port, 'PING\r\n', { until: (text) => text.includes('\r\n') });
  const text = await withDeadline(answer, defaultDeadlineMs, () => server.output);
  // With `--requirepass` the answer is NOAUTH: it answers all the same.
  if (!/^(\+PONG|-NOAUTH)/.test(text)) throw new Error(`redis-server answered PING with ${text}`);
}
