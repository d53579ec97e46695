import { bin } from './commands.js';

export type Format = 'ESM' | 'CommonJS';

/** A version of Nest, and how an app begins with it. */
export interface Nest {
  major: number;
  /** The command that makes the folder `app`. */
  create: (format: Format) => readonly [program: string, ...args: string[]];
  /** What is installed beside Birdsong. */
  beside: readonly string[];
  /** Of what format the app is whose own test command runs. */
  tested: Format;
}

const NEW = ['new', 'app', '--skip-install', '--skip-git', '--package-manager=npm'];

export const NEST_11: Nest = {
  major: 11,
  create: () => ['npx', '--yes', '--prefer-offline', '@nestjs/cli@11', ...NEW],
  // As the README says.
  beside: ['@nestjs/event-emitter@3'],
  tested: 'CommonJS',
};

export const NEST_12: Nest = {
  major: 12,
  create: (format) =>
    format === 'ESM'
      ? [bin('nest'), ...NEW, '--no-observe']
      : // What `nest new` does once it was told so: it asks, but takes no option.
        [
          bin('schematics'),
          '@nestjs/schematics:application',
          '--name=app',
          '--type=cjs',
          '--package-manager=npm',
          '--no-dry-run',
        ],
  // The types for an app with Jest, because both apps share dependencies.
  beside: ['@types/jest@30'],
  // Jest's CommonJS loads Nest 12 itself only from Node 24.9 on.
  tested: 'ESM',
};
