// Birdsong as an app has it: the built package, with one open channel and every option at its default.
import { Module } from '@nestjs/common';
import { createNestApp } from './nest-app.js';
import { serve } from './serve.js';

// Not a literal, so that the types come from the sources and the checks need no build.
const PACKAGE: string = 'birdsong';
const { Birdsong, BirdsongModule } = (await import(PACKAGE)) as typeof import('../../src/index.js');

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
