import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../harness/free-port.js';
import { ServerProcess } from '../harness/server-process.js';

const configuration = fileURLToPath(new URL('../../deploy/nginx/', import.meta.url));

/**
 * The nginx of this machine with the very files of `deploy/nginx`, filled in as nginx's official
 * image does it, with a certificate made by the script that is there for it.
 */
export class NginxServer {
  private constructor(
    readonly port: number,
    readonly securePort: number,
    private readonly directory: string,
    private readonly server: ServerProcess,
  ) {}

  /** `nodePorts` are ports of 127.0.0.1. */
  static async start(nodePorts: readonly [number, number]): Promise<NginxServer> {
    const directory = await mkdtemp(join(tmpdir(), 'birdsong-nginx-'));
    try {
      // The workers are not root, although their master may be.
      await chmod(directory, 0o755);
      const [port, securePort] = [await freePort(), await freePort()];
      await prepare(directory, {
        BIRDSONG_NODE_1: `127.0.0.1:${nodePorts[0]}`,
        BIRDSONG_NODE_2: `127.0.0.1:${nodePorts[1]}`,
        BIRDSONG_LISTEN: `127.0.0.1:${port}`,
        BIRDSONG_LISTEN_TLS: `127.0.0.1:${securePort}`,
        BIRDSONG_TLS_DIRECTORY: join(directory, 'tls'),
        BIRDSONG_ACCESS_LOG: join(directory, 'access.log'),
        BIRDSONG_TEMPORARY_DIRECTORY: directory,
      });
      const server = await launch(directory);
      return new NginxServer(port, securePort, directory, server);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get secureUrl(): string {
    return `https://127.0.0.1:${this.securePort}`;
  }

  get output(): string {
    return this.server.output;
  }

  async stop(): Promise<void> {
    await this.server.end('SIGTERM');
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function prepare(directory: string, values: Record<string, string>): Promise<void> {
  const template = await readFile(join(configuration, 'birdsong.conf.template'), 'utf8');
  const filledIn = template.replaceAll(/\$\{(BIRDSONG_\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`No value for ${name}`);
    return value;
  });
  await mkdir(join(directory, 'conf.d'));
  await writeFile(join(directory, 'conf.d', 'birdsong.conf'), filledIn);
  await copyFile(join(configuration, 'nginx.conf'), join(directory, 'nginx.conf'));

  await mkdir(join(directory, 'tls'));
  const script = join(configuration, 'self-signed-certificate.sh');
  const openssl = new ServerProcess('sh', [script, join(directory, 'tls')]);
  const { code } = await openssl.untilExit();
  if (code !== 0) throw new Error(`No certificate: ${openssl.output}`);
}

async function launch(directory: string): Promise<ServerProcess> {
  const overrides = `daemon off; pid ${join(directory, 'nginx.pid')};`;
  const files = ['-p', directory, '-c', join(directory, 'nginx.conf')];
  const server = new ServerProcess('nginx', [...files, '-g', overrides]);
  try {
    // The sockets are open before the workers start.
    await server.untilOutput(/start worker process \d/, { stream: 'stderr' });
  } catch (error) {
    await server.end('SIGKILL');
    throw error;
  }
  return server;
}
