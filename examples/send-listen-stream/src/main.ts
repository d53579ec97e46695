import 'reflect-metadata';
import {
  Body,
  Controller,
  Injectable,
  Logger,
  Module,
  Param,
  Post,
  Req,
  Sse,
} from '@nestjs/common';
import type { MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Birdsong, BirdsongModule, messagesOnly, type HttpRequest } from 'birdsong';
import { map, type Observable } from 'rxjs';

class NewMessage {
  static readonly NAME = 'chat.new-message';

  constructor(
    readonly room: string,
    readonly text: string,
  ) {}
}

/** Emits an event. What becomes of it is not its affair. */
@Controller('rooms/:room/messages')
class SendController {
  constructor(private readonly emitter: EventEmitter2) {}

  @Post()
  async send(@Param('room') room: string, @Body('text') text: string) {
    await this.emitter.emitAsync(NewMessage.NAME, new NewMessage(room, text));
    return { room, text };
  }
}

/** Publishes what was emitted: through Redis, if there is one. */
@Injectable()
class NewMessageListener {
  constructor(private readonly birdsong: Birdsong) {}

  // So that a message that is not published is not answered with 201.
  @OnEvent(NewMessage.NAME, { suppressErrors: false })
  publish({ room, text }: NewMessage) {
    return this.birdsong.publish(`rooms.${room}`, { text });
  }
}

/** Maps what the room's subscription gives into events of its own. A client that comes back misses nothing. */
@Controller('rooms/:room/events')
class EventsController {
  constructor(private readonly birdsong: Birdsong) {}

  @Sse()
  events(@Param('room') room: string, @Req() request: HttpRequest): Observable<MessageEvent> {
    return this.birdsong.stream(`rooms.${room}`, request, { history: 10 }).pipe(
      messagesOnly<{ text: string }>(),
      map(({ data: message }) => ({ data: { text: message.data.text, at: message.createdAt } })),
    );
  }
}

@Module({
  imports: [
    EventEmitterModule.forRoot(),
    BirdsongModule.forRoot({
      channels: { 'rooms.:room': {} },
      ...(process.env.REDIS_URL && { redis: { url: process.env.REDIS_URL } }),
    }),
  ],
  controllers: [SendController, EventsController],
  providers: [NewMessageListener],
})
class ChatModule {}

const app = await NestFactory.create(ChatModule);
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
Logger.log(`The rooms are open at ${await app.getUrl()}`, 'Chat');
