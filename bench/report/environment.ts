import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
}

export type Versions = Readonly<Record<string, string | undefined>>;

export function readMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
  };
}

export function readVersions(): Versions {
  return {
    node: process.versions.node,
    birdsong: packageVersion('birdsong'),
    '@nestjs/core': packageVersion('@nestjs/core'),
    ioredis: packageVersion('ioredis'),
    'better-sse': packageVersion('better-sse'),
    redis: printed('redis-server', '--version', /v=(\S+)/),
    nginx: printed('nginx', '-v', /nginx\/(\S+)/),
  };
}

function packageVersion(name: string): string | undefined {
  // Found through its entry point, because not every package exports its package.json.
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  for (; folder !== dirname(folder); folder = dirname(folder)) {
    const found = readPackage(join(folder, 'package.json'));
    if (found?.name === name) return found.version;
  }
  return undefined;
}

function readPackage(path: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
  } catch {
    return undefined;
  }
}

function printed(program: string, option: string, pattern: RegExp): string | undefined {
  const path = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin`;
  const { stdout, stderr } = spawnSync(program, [option], {
    encoding: 'utf8',
    env: { PATH: path },
  });
  return pattern.exec(`${stdout}${stderr}`)?.[1];
}
