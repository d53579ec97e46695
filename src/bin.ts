#!/usr/bin/env node
// The `birdsong` command: checks that the server can be loaded, then loads it.
import { installedVersion, isInRange } from './installed-version.js';

/** The server needs Nest's Express adapter and security headers. An app that uses only the module may lack both. */
const NEST = '^12.1.0';
const PACKAGES = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express'];

const wrong = PACKAGES.filter((name) => !isInRange(installedVersion(name) ?? '', NEST));
if (wrong.length > 0) {
  const install = wrong.map((name) => `${name}@12`).join(' ');
  process.stderr.write(
    `Birdsong did not start: the server needs Nest ${NEST} with Express: npm install ${install}\n`,
  );
  process.exit(1);
}
await import('./main.js');
