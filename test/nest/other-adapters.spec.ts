import { expect, test } from '@jest/globals';
import { Controller, Get, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Birdsong, type HttpRequest, type HttpResponse } from '../../src/index.js';
import { request } from '../harness/http-client.js';
import { NestApp } from '../harness/nest-app.js';
import { ADAPTERS, birdsong } from './adapters.js';

/** Has no server of Node's. */
class ElsewhereAdapter extends ExpressAdapter {
  override getHttpServer(): never {
    return {} as never;
  }
}

test('an adapter without a server of Node’s is refused when the app starts, in one line', async () => {
  const app = await NestFactory.create(birdsong(), new ElsewhereAdapter(), {
    logger: false,
    abortOnError: false,
  });

  await expect(app.init()).rejects.toThrow(
    /^Birdsong needs an HTTP adapter on Node's http server.*$/,
  );
});

@Controller()
class StrangerController {
  constructor(private readonly birdsong: Birdsong) {}

  @Get('stranger')
  serve(@Res() response: HttpResponse): void {
    this.birdsong.serve('open.1', { headers: {} }, response);
  }
}

test.each(ADAPTERS)('a refused call still gets its status, on $name', async ({ create }) => {
  const host = await NestApp.start(
    { imports: [birdsong()], controllers: [StrangerController] },
    undefined,
    create(),
  );

  expect((await request(`${host.url}/stranger`)).status).toBe(500);
  await host.close();
});

test('what is no request of Node’s is refused at the call', async () => {
  const host = await NestApp.start({ imports: [birdsong()] });
  const stranger: HttpRequest = { headers: {} };

  expect(() => host.app.get(Birdsong).stream('open.1', stranger)).toThrow(
    "Birdsong needs Node's own request",
  );
  await host.close();
});
