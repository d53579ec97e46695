#!/usr/bin/env node
// The `birdsong` command: the server, once it is known that it can be loaded.
import { installedVersion, isInRange } from './installed-version.js';

/** The server takes its adapter and its security headers from Nest; an app that has the module may lack both. */
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
