// Plain Nest with @Sse() and Redis pub/sub, written as most would write it.
import { Controller, Module, Sse, type MessageEvent } from '@nestjs/common';
import { Redis } from 'ioredis';
import { filter, map, Subject, type Observable } from 'rxjs';
import { createNestApp } from './nest-app.js';
import { redisUrl } from './redis-url.js';
import { serve } from './serve.js';

interface Published {
  readonly channel: string;
  readonly message: { readonly id: string; readonly data: object };
}

const CHANNEL = 'nest-sse';
const publisher = new Redis(redisUrl());
const subscriber = new Redis(redisUrl());
const published = new Subject<Published>();

subscriber.on('message', (channel, text) => {
  published.next({ channel, message: JSON.parse(text) as Published['message'] });
});
await subscriber.subscribe(CHANNEL);

@Controller()
class EventsController {
  @Sse('events')
  events(): Observable<MessageEvent> {
    return published.pipe(
      filter(({ channel }) => channel === CHANNEL),
      map(({ message: { id, data } }) => ({ id, data })),
    );
  }
}

@Module({ controllers: [EventsController] })
class AppModule {}

const { server } = await createNestApp(AppModule);
await serve(server, {
  publish: (payload) =>
    publisher.publish(CHANNEL, JSON.stringify({ id: payload.seq, data: payload })),
});
