// Birdsong as an app uses it: the built package, with an open channel and default options, and one with limits
// that nobody reaches. It takes tokens.
import { Module } from '@nestjs/common';
import { TOKEN_SECRET } from '../token.js';
import { Birdsong, BirdsongModule, TokenIdentity } from './birdsong-package.js';
import { createNestApp } from './nest-app.js';
import { serve } from './serve.js';

const CHANNEL = 'bench';
const { REDIS_URL } = process.env;
const NEVER_REACHED = 1_000_000;
const open = { publish: 'anyone', subscribe: 'anyone' } as const;

@Module({
  imports: [
    BirdsongModule.forRoot({
      channels: {
        [CHANNEL]: open,
        limited: {
          ...open,
          limits: {
            sendsPerSecond: NEVER_REACHED,
            bytesPerMinute: 1000 * NEVER_REACHED,
            newChannelsPerMinute: NEVER_REACHED,
          },
        },
      },
      identity: new TokenIdentity({ issuers: [{ secret: TOKEN_SECRET }] }),
      redis: REDIS_URL === undefined ? undefined : { url: REDIS_URL },
    }),
  ],
})
class AppModule {}

const { app, server } = await createNestApp(AppModule);
const birdsong = app.get(Birdsong);
await serve(server, { publish: (payload) => birdsong.publish(CHANNEL, payload) });
