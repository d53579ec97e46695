import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/harness/free-port.js';
import { ServerProcess } from '../../test/harness/server-process.js';
import { publishAtRate, type Published } from '../servers/publisher.js';
import type { Contestant, PublishTimes } from './contestant.js';
import { PipelinedPost } from './pipelined-post.js';
import { familyOf } from './proc.js';

/** Where distributions keep nginx's modules. */
const MODULE = [
  '/usr/lib/nginx/modules',
  '/usr/lib64/nginx/modules',
  '/usr/local/lib/nginx/modules',
]
  .map((folder) => `${folder}/ngx_nchan_module.so`)
  .find((path) => existsSync(path));

const START_DEADLINE_MS = 10_000;

/** nginx with nchan, one worker. Messages are published over HTTP, its only way. */
export class NchanContestant implements Contestant {
  static readonly isInstalled = MODULE !== undefined;
  readonly name = 'nchan';
  readonly eventsPath = '/events';
  readonly readyMark = '\r\n\r\n';
  nextSeq = 1;

  private constructor(
    private readonly nginx: ServerProcess,
    private readonly folder: string,
    readonly port: number,
    readonly pids: readonly number[],
    private readonly publisher: PipelinedPost,
  ) {}

  static async start(connections: number): Promise<NchanContestant> {
    const folder = await mkdtemp(join(tmpdir(), 'birdsong-bench-'));
    const port = await freePort();
    await writeFile(join(folder, 'nginx.conf'), configuration(port, connections));
    const nginx = new ServerProcess('nginx', ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf']);
    await untilListening(port, nginx);
    const publisher = new PipelinedPost(port, '/publish');
    return new NchanContestant(nginx, folder, port, familyOf(nginx.pid), publisher);
  }

  async publish(times: PublishTimes): Promise<Published> {
    const { publisher } = this;
    const published = await publishAtRate(
      {
        publish: (payload) => publisher.post(JSON.stringify(payload)),
        canTake: () => publisher.canPost,
      },
      { ...times, firstSeq: this.nextSeq },
    );
    this.nextSeq += published.count;
    return published;
  }

  collectGarbage(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.publisher.close();
    await this.nginx.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }
}

function configuration(port: number, connections: number): string {
  return `
load_module ${MODULE ?? ''};
daemon off;
pid nginx.pid;
error_log stderr error;
worker_processes 1;
worker_rlimit_nofile ${connections + 450};
# nginx closes connections that wait for a request once fewer than a sixteenth are free.
events { worker_connections ${connections + Math.ceil(connections / 8) + 400}; }
http {
  access_log off;
  # The publisher's connection is idle while the others have their turns.
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /events {
      nchan_subscriber eventsource;
      nchan_channel_id bench;
      nchan_subscriber_first_message newest;
    }
    location = /publish {
      nchan_publisher;
      nchan_channel_id bench;
      # As many as Birdsong keeps for readers that come back.
      nchan_message_buffer_length 1000;
      nchan_message_timeout 1h;
    }
  }
}
`;
}

async function untilListening(port: number, nginx: ServerProcess): Promise<void> {
  const endMs = performance.now() + START_DEADLINE_MS;
  while (!(await canConnect(port))) {
    if (nginx.hasExited || performance.now() > endMs) {
      await nginx.end('SIGKILL');
      throw new Error(`nginx did not start:\n${nginx.output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
