#!/usr/bin/env node
// The `birdsong` command: reads the command line, checks that the server can be loaded, then loads it.
import { readFileSync } from 'node:fs';
import { installedVersion, isInRange } from './installed-version.js';
import { announce } from './server/announce.js';
import { readCommandLine, type Command } from './server/command-line.js';

/** The server needs Nest's Express adapter and security headers. An app that uses only the module may lack both. */
const NEST = '^12.1.0';
const PACKAGES = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express'];

const MANIFEST = new URL('../package.json', import.meta.url);

function command(): Command {
  const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };
  try {
    return readCommandLine(process.argv.slice(2), version);
  } catch (error) {
    return refuse(error);
  }
}

/** In one line, as what was typed is wrong. */
function refuse(error: unknown): never {
  const [line = ''] = (error as Error).message.split('\n');
  announce('error', `${line.replace(/^Birdsong: |\.$/g, '')}. See birdsong --help.`);
  process.exit(2);
}

const asked = command();
if (asked.kind === 'print') {
  process.stdout.write(asked.text);
} else if (asked.kind !== 'start') {
  const { makeApiKey, makeToken } = await import('./server/credentials.js');
  const { readEnvironment } = await import('./server/environment.js');
  try {
    const made =
      asked.kind === 'keys'
        ? makeApiKey(asked)
        : `${await makeToken(asked, readEnvironment(process.env))}\n`;
    process.stdout.write(made);
  } catch (error) {
    refuse(error);
  }
} else {
  Object.assign(process.env, asked.variables);
  const wrong = PACKAGES.filter((name) => !isInRange(installedVersion(name) ?? '', NEST));
  if (wrong.length > 0) {
    const install = wrong.map((name) => `${name}@12`).join(' ');
    announce(
      'error',
      `Birdsong did not start: the server needs Nest ${NEST} with Express: npm install ${install}`,
    );
    process.exit(1);
  }
  await import('./main.js');
}
