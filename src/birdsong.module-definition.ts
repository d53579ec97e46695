import { ConfigurableModuleBuilder, type Type } from '@nestjs/common';
import { HistoryController } from './history/history.controller.js';
import { MessagesController } from './publishing/messages.controller.js';
import type { BirdsongOptions } from './config/birdsong.options.js';
import { MethodsController } from './streams/methods.controller.js';
import { FastStreamsController } from './streams/fast-streams.controller.js';
import { ObservableStreamsController } from './streams/observable-streams.controller.js';

export interface BirdsongModuleExtras {
  /** Whether `Birdsong` can be injected everywhere without importing the module again. Default true. */
  isGlobal?: boolean;
  /** Whether the module adds its own routes (`/channels/…`, `/events`). Default true. */
  routes?: boolean;
  /**
   * How the module's own routes stream: `fast` writes shared bytes to each response; `observable` goes through Nest's
   * `@Sse()` event by event, so that interceptors of your app see them. Default `fast`.
   */
  lane?: 'fast' | 'observable';
  /**
   * Class decorators for the controllers of the module's own routes: `Public()` for a global guard of your app,
   * `UseInterceptors(…)`, `Version(…)`. Default none.
   */
  decorators?: readonly ClassDecorator[];
}

const DEFAULT_EXTRAS: Required<BirdsongModuleExtras> = Object.freeze({
  isGlobal: true,
  routes: true,
  lane: 'fast',
  decorators: [],
});

const STREAMS_CONTROLLERS = {
  fast: FastStreamsController,
  observable: ObservableStreamsController,
};

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<BirdsongOptions>({ moduleName: 'Birdsong' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createBirdsongOptions')
    .setExtras<BirdsongModuleExtras>(DEFAULT_EXTRAS, (definition, extras) => ({
      ...definition,
      global: extras.isGlobal ?? DEFAULT_EXTRAS.isGlobal,
      controllers: (extras.routes ?? DEFAULT_EXTRAS.routes) ? controllersOf(extras) : [],
    }))
    .build();

function controllersOf({
  lane = DEFAULT_EXTRAS.lane,
  decorators = DEFAULT_EXTRAS.decorators,
}: BirdsongModuleExtras): Type[] {
  return [MessagesController, HistoryController, STREAMS_CONTROLLERS[lane], MethodsController].map(
    (controller) => decorate(controller, decorators),
  );
}

/** A class of its own: another app in this process may decorate it otherwise. */
function decorate(controller: Type, decorators: readonly ClassDecorator[]): Type {
  if (decorators.length === 0) {
    return controller;
  }
  const decorated = { [controller.name]: class extends controller {} }[controller.name] as Type;
  decorators.forEach((decorator) => decorator(decorated));
  return decorated;
}
