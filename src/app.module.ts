import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { BirdsongModule } from './birdsong.module.js';
import { ProblemFilter } from './http/problem.filter.js';
import { tokensOf } from './server/access.js';
import { ServerIdentity } from './server/server-identity.js';
import { SignInController } from './server/sign-in.controller.js';
import { SignIn } from './server/sign-in.service.js';
import { TicketsController } from './server/tickets.controller.js';
import { TokenIdentity } from './tokens/token-identity.js';
import { channelsOf } from './server/channels.js';
import { ConnectionsController } from './server/admin/connections.controller.js';
import { RevocationsController } from './server/admin/revocations.controller.js';
import type { Environment } from './server/environment.js';
import { maxStreamsOf } from './server/hardening/limits.js';
import { HealthController } from './server/health.controller.js';

/** The stand-alone server. */
@Module({})
export class AppModule {
  static forEnvironment(environment: Environment): DynamicModule {
    const tokens = tokensOf(environment);
    const offersSignIn = environment.SIGN_IN === 'development';
    return {
      module: AppModule,
      imports: [
        BirdsongModule.forRoot({
          ...environment.options,
          channels: channelsOf(environment),
          maxStreams: maxStreamsOf(environment),
          ...(tokens && { identity: ServerIdentity }),
        }),
      ],
      controllers: [
        HealthController,
        ...(tokens ? [TicketsController, RevocationsController, ConnectionsController] : []),
        ...(offersSignIn ? [SignInController] : []),
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        ...(tokens ? [{ provide: TokenIdentity, useValue: tokens }, ServerIdentity] : []),
        ...(offersSignIn ? [{ provide: SignIn, useValue: new SignIn(environment) }] : []),
      ],
    };
  }
}
