import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCalls } from '../processes/commands.js';
import { publishAtRate, type Published, type PublishRun, type Target } from './publisher.js';

/** With Node's default of 511, clients in a storm would wait seconds. The same for all. */
const LISTEN_BACKLOG = 4096;

export interface ServerCommands {
  publish(run: PublishRun): Promise<Published>;
  collectGarbage(): void;
}

export interface ServerReady {
  readonly port: number;
}

/** Listens, and publishes on command. Shared by all contestants that run in Node. */
export async function serve(server: Server, target: Target): Promise<void> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: LISTEN_BACKLOG });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  answerCalls<ServerCommands>(
    {
      publish: (run) => publishAtRate(target, run),
      collectGarbage: () => globalThis.gc?.(),
    },
    { port } satisfies ServerReady,
  );
}
