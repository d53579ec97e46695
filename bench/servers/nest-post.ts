// A Nest route that takes the body of a send and does nothing, to compare sends with.
import { Body, Controller, Module, Param, Post } from '@nestjs/common';
import { createNestApp } from './nest-app.js';
import { serve } from './serve.js';

@Controller('channels/:channel/messages')
class MessagesController {
  @Post()
  send(@Param('channel') _channel: string, @Body() _body: unknown): object {
    return {};
  }
}

@Module({ controllers: [MessagesController] })
class AppModule {}

const { server } = await createNestApp(AppModule);
await serve(server, { publish: () => undefined });
