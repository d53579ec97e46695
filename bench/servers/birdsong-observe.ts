// Birdsong's other lane: an app's own @Sse() route that maps every message for every reader.
import { Controller, Inject, Module, Sse, type MessageEvent } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { Birdsong, BirdsongModule } from './birdsong-package.js';
import { createNestApp } from './nest-app.js';
import { serve } from './serve.js';

const CHANNEL = 'bench';

@Controller()
class EventsController {
  constructor(@Inject(Birdsong) private readonly birdsong: InstanceType<typeof Birdsong>) {}

  @Sse('observed')
  events(): Observable<MessageEvent> {
    return this.birdsong
      .observe(CHANNEL)
      .pipe(map(({ id, data }) => ({ id, data: data as object })));
  }
}

@Module({
  imports: [BirdsongModule.forRoot({ channels: { [CHANNEL]: {} } })],
  controllers: [EventsController],
})
class AppModule {}

const { app, server } = await createNestApp(AppModule);
const birdsong = app.get(Birdsong);
await serve(server, { publish: (payload) => birdsong.publish(CHANNEL, payload) });
