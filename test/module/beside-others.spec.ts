import { afterEach, describe, expect, test } from '@jest/globals';
import {
  Catch,
  Controller,
  Get,
  HttpException,
  Injectable,
  Req,
  Sse,
  StandardSchemaValidationPipe,
  UseFilters,
  type ArgumentsHost,
  type CanActivate,
  type ExecutionContext,
  type ExceptionFilter,
  type MessageEvent,
  type PipeTransform,
} from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { OnEvent } from '@nestjs/event-emitter';
import type { Request, Response } from 'express';
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { map, type Observable } from 'rxjs';
import { Birdsong, BirdsongError, BirdsongModule, NewMessageEvent } from '../../src/index.js';
import { rawRequest, request } from '../harness/http-client.js';
import { dataOf, HostWorld, publish } from './host-world.js';
import { CHANNELS } from './shop-app.js';

@Catch(BirdsongError)
class TeapotFilter implements ExceptionFilter<BirdsongError> {
  catch({ code }: BirdsongError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(418).json({ brewed: code });
  }
}

@Controller('other')
class OtherController {
  constructor(private readonly birdsong: Birdsong) {}

  @Sse('filtered')
  @UseFilters(TeapotFilter)
  filtered(@Req() incoming: Request): Observable<MessageEvent> {
    return this.birdsong.stream('no.such', incoming);
  }

  @Get('never')
  never(): Promise<never> {
    return new Promise(() => undefined);
  }

  @Sse('observed')
  observed(): Observable<MessageEvent> {
    return this.birdsong.observe('open.o').pipe(map(({ data }) => ({ data: String(data) })));
  }
}

@Injectable()
class BusyGuard implements CanActivate {
  canActivate(): boolean {
    throw new HttpException('Slow down', 429);
  }
}

@Injectable()
class LowerCasePipe implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value.toLowerCase() : value;
  }
}

/** Replaces `write`, as compression does. */
@Injectable()
class TappingGuard implements CanActivate {
  readonly written: string[] = [];

  canActivate(context: ExecutionContext): boolean {
    const response = context.switchToHttp().getResponse<Response>();
    const write = response.write.bind(response) as (chunk: unknown) => boolean;
    response.write = (chunk: unknown) => {
      this.written.push(String(chunk));
      return write(chunk);
    };
    return true;
  }
}

@Injectable()
class FailingListener {
  @OnEvent(NewMessageEvent.NAME, { suppressErrors: false })
  fail(): void {
    throw new Error('The host is unwell');
  }
}

setFlagsFromString('--allow-natives-syntax');
const haveSameClass = runInThisContext('(one, other) => %HaveSameMap(one, other)') as (
  one: object,
  other: object,
) => boolean;

describe('in an app with other things in it', () => {
  const world = new HostWorld();
  const forRoot = () => BirdsongModule.forRoot({ channels: CHANNELS });

  afterEach(() => world.close());

  test('its exception filters answer what stream() refuses', async () => {
    const app = await world.start({ imports: [forRoot()], controllers: [OtherController] });
    const answer = await request(`${app.url}/other/filtered`);

    expect([answer.status, answer.json()]).toEqual([418, { brewed: 'unknown-channel' }]);
  });

  test('close() completes handlers that use observe()', async () => {
    const app = await world.start({ imports: [forRoot()], controllers: [OtherController] });
    const reader = await world.open(app, 'other/observed');
    await app.close();

    expect(await reader.ended).toBe('complete');
  });

  test('a global schema pipe changes neither parameters nor data', async () => {
    const app = await world.start({
      imports: [forRoot()],
      providers: [{ provide: APP_PIPE, useValue: new StandardSchemaValidationPipe() }],
    });
    const body = '{"data":{"constructor":1,"prototype":2,"__proto__":3,"a":4}}';
    const sent = await request(`${app.url}/channels/open.a/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    const history = await request(`${app.url}/channels/open.a/messages?limit=5`);

    expect([sent.status, history.status]).toEqual([201, 200]);
    expect(history.text).toContain(body.slice(1, -1));
  });

  test('a global pipe that rewrites names does not bypass a policy', async () => {
    const app = await world.start({
      imports: [
        BirdsongModule.forRoot({
          channels: { 'secret.*': {}, 'Secret.*': { subscribe: 'anyone', publish: 'anyone' } },
        }),
      ],
      providers: [{ provide: APP_PIPE, useClass: LowerCasePipe }],
    });
    await publish(app, 'secret.a', 'hidden');

    expect((await request(`${app.url}/channels/secret.a/messages`)).status).toBe(403);
    const other = await request(`${app.url}/channels/Secret.a/messages`);
    expect(other.json()).toMatchObject({ messages: [] });
  });

  test('a refusal of a global guard keeps its status', async () => {
    const app = await world.start({
      imports: [forRoot()],
      providers: [{ provide: APP_GUARD, useClass: BusyGuard }],
    });
    const answer = await request(`${app.url}/channels/open.a/messages`);

    expect([answer.status, answer.json()]).toEqual([
      429,
      expect.objectContaining({ status: 429, code: 'too-many-requests' }),
    ]);
  });

  test('a failing listener of the app does not make an accepted message look refused', async () => {
    const app = await world.start({ imports: [forRoot()], providers: [FailingListener] });
    const answer = await request(`${app.url}/channels/open.a/messages`, { json: { data: 1 } });

    expect(answer.status).toBe(201);
  });

  test('a second BirdsongModule is refused at boot', async () => {
    await expect(
      world.start({
        imports: [forRoot(), BirdsongModule.forRoot({ channels: { 'other.*': {} } })],
      }),
    ).rejects.toThrow('once');
  });

  test('an app cannot publish malformed messages', async () => {
    const app = await world.start({ imports: [forRoot()] });
    const birdsong = app.app.get(Birdsong);
    const refused = { code: 'invalid-request' };

    await expect(birdsong.publishBatch('open.a', [])).rejects.toMatchObject(refused);
    await expect(
      birdsong.publishBatch(
        'open.a',
        Array.from({ length: 1001 }, () => ({ data: 1 })),
      ),
    ).rejects.toMatchObject(refused);
    await expect(birdsong.publish('open.a', 1, { idempotencyKey: 'a b' })).rejects.toMatchObject(
      refused,
    );
    await expect(birdsong.history('open.a', { limit: -1 })).rejects.toMatchObject(refused);
  });

  test.each(['channels/open.w/events', 'events?channel=open.w&channel=open.v'])(
    'a replaced response.write sees all of %s',
    async (path) => {
      const tap = new TappingGuard();
      const app = await world.start({
        imports: [forRoot()],
        providers: [{ provide: APP_GUARD, useValue: tap }],
      });
      const reader = await world.open(app, path);
      await reader.next();
      await publish(app, 'open.w', 'seen');

      expect(dataOf(await reader.next())).toBe('seen');
      expect(tap.written.join('').trim()).toBe(reader.body.trim());
    },
  );

  test('all requests have one hidden class, and all responses, though Express has its own', async () => {
    const seen: Response[] = [];
    const witness: CanActivate = {
      canActivate: (context) => seen.push(context.switchToHttp().getResponse<Response>()) > 0,
    };
    const app = await world.start({
      imports: [forRoot()],
      providers: [{ provide: APP_GUARD, useValue: witness }],
    });
    for (let count = 0; count < 3; count++) {
      await (await world.open(app, 'channels/open.s/events')).next();
    }
    const [, one, other] = seen as [Response, Response, Response];

    expect(haveSameClass(one, other)).toBe(true);
    expect(haveSameClass(one.req, other.req)).toBe(true);
    expect(one.app).toBe(app.app.getHttpAdapter().getInstance());
  });

  test('the server’s timeout for silent connections does not apply to streams', async () => {
    const app = await world.start({ imports: [forRoot()], controllers: [OtherController] });
    app.server.setTimeout(1000);
    const reader = await world.open(app, 'channels/open.q/events');
    await reader.next();
    // Opened later and just as silent: when this one is cut off, the stream would have been too.
    await rawRequest(app.port, 'GET /other/never HTTP/1.1\r\nHost: x\r\n\r\n');
    app.server.setTimeout(0);
    await publish(app, 'open.q', 'still here');

    expect(dataOf(await reader.next())).toBe('still here');
  });

  test('streams that are pipelined on one connection end with it', async () => {
    const app = await world.start({ imports: [forRoot()] });
    const one = 'GET /channels/open.p/events HTTP/1.1\r\nHost: x\r\n\r\n';
    await rawRequest(app.port, one.repeat(20), {
      until: (text) => text.includes('stream.ready'),
    });
    // A leftover stream would keep the app from closing.
    await app.close();
    const reopened = await world.start({ imports: [forRoot()] });
    const reader = await world.open(reopened, 'channels/open.p/events');
    await reader.next();
    await publish(reopened, 'open.p', 'after');
    expect(dataOf(await reader.next())).toBe('after');
  });
});
