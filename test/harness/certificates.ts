import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A CA of its own and a certificate of that CA for 127.0.0.1, in files, until `remove()`. */
export class Certificates {
  private constructor(private readonly dir: string) {}

  static async make(): Promise<Certificates> {
    const made = new Certificates(await mkdtemp(join(tmpdir(), 'birdsong-tls-')));
    const openssl = (...args: string[]) => run('openssl', args, { cwd: made.dir });
    const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    await openssl(
      ...['req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test CA'],
    );
    await openssl(
      ...['req', '-x509', ...key, '-keyout', 'server.key', '-out', 'server.crt'],
      ...['-subj', '/CN=redis', '-CA', 'ca.crt', '-CAkey', 'ca.key'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'],
    );
    return made;
  }

  get caFile(): string {
    return join(this.dir, 'ca.crt');
  }

  get certFile(): string {
    return join(this.dir, 'server.crt');
  }

  get keyFile(): string {
    return join(this.dir, 'server.key');
  }

  /** For a client: as Node's TLS takes them. */
  async options(): Promise<{ ca: Buffer; cert: Buffer; key: Buffer }> {
    const [ca, cert, key] = await Promise.all([
      readFile(this.caFile),
      readFile(this.certFile),
      readFile(this.keyFile),
    ]);
    return { ca, cert, key };
  }

  /** For the command line of a `redis-server`, to speak TLS on this port. */
  redisArgs(tlsPort: number): string[] {
    return [
      ...['--tls-port', String(tlsPort), '--tls-cert-file', this.certFile],
      ...['--tls-key-file', this.keyFile, '--tls-ca-cert-file', this.caFile],
    ];
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
