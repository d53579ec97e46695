import { ConfigurableModuleBuilder, type Type } from '@nestjs/common';
import type { z } from 'zod';
import { ModerationController } from './moderation/moderation.controller.js';
import { HistoryController } from './history/history.controller.js';
import { MessagesController } from './publishing/messages.controller.js';
import type { BirdsongModuleExtras, BirdsongOptions } from './config/birdsong-options.js';
import { extrasSchema } from './config/birdsong-schema.js';
import { parseOptions } from './config/option.js';
import { MethodsController } from './streams/methods.controller.js';
import { FastStreamsController } from './streams/fast-streams.controller.js';
import { ObservableStreamsController } from './streams/observable-streams.controller.js';

const STREAMS_CONTROLLERS = {
  fast: FastStreamsController,
  observable: ObservableStreamsController,
};

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<BirdsongOptions>({ moduleName: 'Birdsong' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createBirdsongOptions')
    .setExtras<BirdsongModuleExtras>(extrasSchema.parse({}), (definition, given) => {
      const extras = parseOptions(extrasSchema, given);
      return {
        ...definition,
        global: extras.isGlobal,
        controllers: extras.routes ? controllersOf(extras) : [],
      };
    })
    .build();

function controllersOf({ lane, decorators }: z.output<typeof extrasSchema>): Type[] {
  return [
    MessagesController,
    HistoryController,
    ModerationController,
    STREAMS_CONTROLLERS[lane],
    MethodsController,
  ].map((controller) => decorate(controller, decorators));
}

/** Decorates a subclass, as another app in this process may want other decorators. */
function decorate(controller: Type, decorators: readonly ClassDecorator[]): Type {
  if (decorators.length === 0) {
    return controller;
  }
  const decorated = { [controller.name]: class extends controller {} }[controller.name] as Type;
  decorators.forEach((decorator) => decorator(decorated));
  return decorated;
}
