// Birdsong's observable lane: an app's own @Sse() route that returns birdsong.stream() as it is.
import { Controller, Inject, Module, Req, Sse, type MessageEvent } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { Birdsong, BirdsongModule, type HttpRequest } from './birdsong-package.js';
import { createNestApp } from './nest-app.js';
import { serve } from './serve.js';

const CHANNEL = 'bench';

@Controller()
class EventsController {
  constructor(@Inject(Birdsong) private readonly birdsong: InstanceType<typeof Birdsong>) {}

  @Sse('streamed')
  events(@Req() request: HttpRequest): Observable<MessageEvent> {
    return this.birdsong.stream(CHANNEL, request);
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
