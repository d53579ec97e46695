import { ConfigurableModuleBuilder } from '@nestjs/common';
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
}

const DEFAULT_EXTRAS: Required<BirdsongModuleExtras> = Object.freeze({
  isGlobal: true,
  routes: true,
  lane: 'fast',
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
      controllers:
        (extras.routes ?? DEFAULT_EXTRAS.routes)
          ? [
              MessagesController,
              HistoryController,
              STREAMS_CONTROLLERS[extras.lane ?? DEFAULT_EXTRAS.lane],
              MethodsController,
            ]
          : [],
    }))
    .build();
