import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtPackage } from '../harness/built-package.js';
import { ServerProcess } from '../harness/server-process.js';

const DEADLINE_MS = 240_000;

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm pack --json` tells of a tarball. */
export interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string; size: number }[];
}

/** Packs what `npm run build:test` has built. */
export async function pack(destination: string): Promise<Packed> {
  const options = ['--json', '--ignore-scripts', '--pack-destination', destination];
  const [packed] = JSON.parse(await run(builtPackage, 'npm', 'pack', ...options)) as [Packed];
  return packed;
}

/** A program that this repository has installed. */
export const bin = (program: string): string => join(repository, 'node_modules/.bin', program);

/** What a program that must end well wrote to standard output. */
export async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  // npm's configuration may come from it.
  const known = Object.entries(process.env).filter(([, value]) => value !== undefined);
  const env = Object.fromEntries(known) as Record<string, string>;
  const child = new ServerProcess(program, args, { cwd, env });
  const { code } = await child.untilExit(DEADLINE_MS);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}\n${child.output}`);
  return child.stdout;
}
