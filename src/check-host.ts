import type { ModulesContainer } from '@nestjs/core';
import { installedVersion, isInRange } from './installed-version.js';

/** The versions of Nest that the tests run on: the same as the peers in package.json. */
const NEST = '^11.2.0 || ^12.0.0';

/** On the module's class in every copy of this package, so that they know of each other. */
const COPY = Symbol.for('birdsong.module');

type ModuleClass = abstract new (...args: never[]) => unknown;

/**
 * Refuses an app in which Birdsong could not work, before anything starts: its streams would hang, or every event
 * would be handled twice.
 *
 * @param module the class of the module that is being created
 * @throws Error that says in one line what is wrong
 */
export function checkHost(module: ModuleClass, modules: ModulesContainer): void {
  const version = installedVersion('@nestjs/core');
  // In an app that is bundled into one file there is none to be found.
  if (version !== undefined && !isInRange(version, NEST)) {
    throw new Error(`Birdsong runs on Nest ${NEST}; this app has Nest ${version}.`);
  }
  Object.defineProperty(module, COPY, { value: true });
  const imported = [...modules.values()]
    .map(({ metatype }) => metatype as ModuleClass)
    .filter((metatype) => COPY in metatype);
  if (imported.some((metatype) => metatype !== module)) {
    throw new Error(
      'Birdsong: this app imports BirdsongModule from two copies of the package; see `npm ls birdsong`. Jest with CommonJS loads a second one by import().',
    );
  }
  // Each of them would handle every event, by its own policies.
  if (imported.length > 1) {
    throw new Error('Birdsong: an app imports BirdsongModule.forRoot() once; it is global.');
  }
}
