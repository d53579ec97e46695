import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { BirdsongModule } from './birdsong.module.js';
import { ProblemFilter } from './http/problem.filter.js';
import { identityOf } from './server/access.js';
import { channelsOf } from './server/channels.js';
import { ConnectionsController } from './server/admin/connections.controller.js';
import { RevocationsController } from './server/admin/revocations.controller.js';
import { hasIdentities, type Environment } from './server/environment.js';
import { maxStreamsOf } from './server/hardening/limits.js';
import { HealthController } from './server/health.controller.js';

/** The stand-alone server. */
@Module({})
export class AppModule {
  static forEnvironment(environment: Environment): DynamicModule {
    return {
      module: AppModule,
      imports: [
        BirdsongModule.forRoot({
          ...environment.options,
          channels: channelsOf(environment),
          maxStreams: maxStreamsOf(environment),
          identity: identityOf(environment),
        }),
      ],
      controllers: [
        HealthController,
        ...(hasIdentities(environment) ? [RevocationsController, ConnectionsController] : []),
      ],
      providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
    };
  }
}
