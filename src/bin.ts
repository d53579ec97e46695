#!/usr/bin/env node
// The `birdsong` command: the server, once it is known that it can be loaded.
import { createRequire } from 'node:module';

/** Unlike the module, the server stands on one version of Nest and on one adapter, which apps may lack. */
const MAJOR = '12';
const PACKAGES = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express'];

const require = createRequire(import.meta.url);
const wrong = PACKAGES.filter((name) => majorOf(name) !== MAJOR);
if (wrong.length > 0) {
  const install = wrong.map((name) => `${name}@${MAJOR}`).join(' ');
  process.stderr.write(
    `Birdsong did not start: the server needs Nest ${MAJOR} with Express: npm install ${install}\n`,
  );
  process.exit(1);
}
await import('./main.js');

function majorOf(name: string): string | undefined {
  try {
    const { version } = require(`${name}/package.json`) as { version: string };
    return version.split('.')[0];
  } catch {
    return undefined;
  }
}
