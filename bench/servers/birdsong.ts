// Birdsong as an app uses it: the built package, with one open channel and default options.
import { Module } from '@nestjs/common';
import { Birdsong, BirdsongModule } from './birdsong-package.js';
import { createNestApp } from './nest-app.js';
import { serve } from './serve.js';

const CHANNEL = 'bench';
const { REDIS_URL } = process.env;

@Module({
  imports: [
    BirdsongModule.forRoot({
      channels: { [CHANNEL]: { publish: 'anyone', subscribe: 'anyone' } },
      redis: REDIS_URL === undefined ? undefined : { url: REDIS_URL },
    }),
  ],
})
class AppModule {}

const { app, server } = await createNestApp(AppModule);
const birdsong = app.get(Birdsong);
await serve(server, { publish: (payload) => birdsong.publish(CHANNEL, payload) });
