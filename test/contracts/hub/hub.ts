import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { freePort } from '../../harness/free-port.js';
import { ServerProcess } from '../../harness/server-process.js';

const PROGRAM = fileURLToPath(new URL('hub-process.mjs', import.meta.url));

/** A hub in a process of its own: what HubBroker needs. */
export class Hub {
  private constructor(
    readonly port: number,
    private readonly dir: string,
    private server: ServerProcess,
  ) {}

  static async start(): Promise<Hub> {
    const dir = await mkdtemp(join(tmpdir(), 'birdsong-hub-'));
    const port = await freePort();
    const hub = new Hub(port, dir, launch(port, dir));
    await hub.server.untilOutput(/listening/);
    return hub;
  }

  /** Makes what it has now survive a restart. */
  async save(): Promise<void> {
    const socket = createConnection(this.port, '127.0.0.1');
    socket.write('{"id":1,"operation":"save"}\n');
    await once(socket, 'data');
    socket.destroy();
  }

  /** Kills it and restarts it with what it saved last. */
  async restart(): Promise<void> {
    await this.server.end('SIGKILL');
    this.server = launch(this.port, this.dir);
    await this.server.untilOutput(/listening/);
  }

  async stop(): Promise<void> {
    await this.server.end('SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }
}

function launch(port: number, dir: string): ServerProcess {
  return new ServerProcess(process.execPath, [PROGRAM, join(dir, 'hub.json'), String(port)]);
}
