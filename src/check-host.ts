import type { ModulesContainer } from '@nestjs/core';
import { installedVersion, isInRange } from './installed-version.js';

/** The versions of Nest that the tests run on; they equal the peer ranges in package.json. */
const NEST = '^11.2.0 || ^12.0.0';

/** Marks the module's class in every copy of this package, so that copies recognise each other. */
const COPY = Symbol.for('birdsong.module');

type ModuleClass = abstract new (...args: never[]) => unknown;

/**
 * Refuses an app in which Birdsong cannot work, before anything starts. Otherwise its streams would hang, or every
 * event would be handled twice.
 *
 * @param module the class of the module that is being created
 * @throws Error that says in one line what is wrong
 */
export function checkHost(module: ModuleClass, modules: ModulesContainer): void {
  const version = installedVersion('@nestjs/core');
  // An app that is bundled into one file has no package.json to find.
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
  // Each would handle every event, under its own policies.
  if (imported.length > 1) {
    throw new Error('Birdsong: import BirdsongModule.forRoot() only once in an app; it is global.');
  }
}
