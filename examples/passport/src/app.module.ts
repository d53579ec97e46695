import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BirdsongModule } from 'birdsong';
import { CookieStrategy, type User } from './login/cookie.strategy.js';
import { LoginController } from './login/login.controller.js';
import { UserGuard } from './login/user.guard.js';

@Module({
  imports: [
    BirdsongModule.forRoot({
      // The whole bridge: what passport found out is who sends and who reads.
      identify: ({ user }: { user?: User }) => user,
      channels: {
        'room.:room': { publish: 'authenticated', subscribe: 'authenticated' },
        'user.:id': { subscribe: ({ params, identity }) => params.id === identity?.id },
      },
    }),
  ],
  controllers: [LoginController],
  // A global guard runs before Birdsong's own.
  providers: [CookieStrategy, { provide: APP_GUARD, useClass: UserGuard }],
})
export class AppModule {}
