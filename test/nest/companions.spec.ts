import { afterEach, describe, expect, test } from '@jest/globals';
import {
  Controller,
  Injectable,
  SetMetadata,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import {
  MessagePattern,
  Transport,
  type ClientProxy,
  ClientProxyFactory,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import compression from 'compression';
import helmet from 'helmet';
import { firstValueFrom, map, type Observable } from 'rxjs';
import supertest from 'supertest';
import { Birdsong, BirdsongModule } from '../../src/index.js';
import { freePort } from '../harness/free-port.js';
import { isMessage } from '../harness/event-stream-parser.js';
import { request } from '../harness/http-client.js';
import { LANES } from '../harness/lanes.js';
import { NestApp } from '../harness/nest-app.js';
import { SseReader } from '../harness/sse-reader.js';
import { birdsong } from './adapters.js';
import { TimeoutInterceptor } from './timeout.interceptor.js';

const Public = () => SetMetadata('isPublic', true);

@Injectable()
class MembersGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<boolean | undefined>('isPublic', places) ?? false;
  }
}

@Injectable()
class EnvelopeInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next.handle().pipe(map((data) => ({ success: true, data })));
  }
}

/** As docs/nest.md says. */
@Injectable()
class KindTimeoutInterceptor extends TimeoutInterceptor {
  override intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const isEventStream = Reflect.hasMetadata('__sse__', context.getHandler());
    return isEventStream ? next.handle() : super.intercept(context, next);
  }
}

@Controller()
class PatternsController {
  constructor(private readonly birdsong: Birdsong) {}

  @MessagePattern('publish')
  async publish(data: unknown): Promise<string> {
    const { channel } = await this.birdsong.publish('open.1', data);
    return channel;
  }
}

describe.each(LANES)('beside what apps have, in the %s lane', (lane) => {
  let host: NestApp | undefined;
  const readers: SseReader[] = [];

  const start = async (...args: Parameters<typeof NestApp.start>) => {
    host = await NestApp.start(...args);
    return host;
  };
  const messages = ({ url }: NestApp) => `${url}/channels/open.1/messages`;

  async function open(app: NestApp, path = 'channels/open.1/events'): Promise<SseReader> {
    const reader = await SseReader.open(`${app.url}/${path}`);
    readers.push(reader);
    return reader;
  }

  /** Expects a message to arrive as it was sent. */
  async function expectWhole(app: NestApp): Promise<void> {
    const reader = await open(app);
    await reader.next();
    const sent = await request(messages(app), { json: { data: { text: 'hello', tags: [] } } });
    const history = await request(messages(app));
    const event = await reader.next(isMessage);

    expect(sent.json()).toMatchObject({ channel: 'open.1', type: 'message' });
    expect(history.json()).toMatchObject({ messages: [{ data: { text: 'hello', tags: [] } }] });
    expect(JSON.parse(event.data)).toMatchObject({ data: { text: 'hello', tags: [] } });
  }

  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.close()));
    await host?.close();
    host = undefined;
  });

  test('a global guard decides over Birdsong’s routes, and a decorator of the app opens them', async () => {
    const providers = [{ provide: APP_GUARD, useClass: MembersGuard }];
    const closed = await start({ imports: [birdsong({ lane })], providers });
    const refused = [
      (await request(messages(closed), { json: { data: 1 } })).status,
      (await request(messages(closed))).status,
      (await request(`${closed.url}/channels/open.1/events`)).status,
    ];
    await closed.close();

    expect(refused).toEqual([403, 403, 403]);
    await expectWhole(
      await start({ imports: [birdsong({ lane, decorators: [Public()] })], providers }),
    );
  });

  test('a decorator of one app does not apply to another', async () => {
    const open = await start({ imports: [birdsong({ lane, decorators: [Public()] })] });
    await open.close();
    const providers = [{ provide: APP_GUARD, useClass: MembersGuard }];
    const app = await start({ imports: [birdsong({ lane })], providers });

    expect((await request(messages(app))).status).toBe(403);
  });

  test('an interceptor that wraps every answer leaves Birdsong’s unchanged', async () => {
    const providers =
      lane === 'fast' ? [{ provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor }] : [];
    await expectWhole(await start({ imports: [birdsong({ lane })], providers }));
  });

  test('a strict ValidationPipe lets any data through', async () => {
    await expectWhole(
      await start({ imports: [birdsong({ lane })] }, (app) =>
        app.useGlobalPipes(
          new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
        ),
      ),
    );
  });

  test('streams have helmet’s headers', async () => {
    const app = await start({ imports: [birdsong({ lane })] }, (nest) => nest.use(helmet()));
    await expectWhole(app);

    expect(readers[0]?.headers['x-content-type-options']).toBe('nosniff');
  });

  test('compression leaves streams alone, and compresses history', async () => {
    const app = await start({ imports: [birdsong({ lane })] }, (nest) =>
      nest.use(compression({ threshold: 0 })),
    );
    await expectWhole(app);
    const history = await request(messages(app), { headers: { 'Accept-Encoding': 'gzip' } });

    expect(readers[0]?.headers['content-encoding']).toBeUndefined();
    expect(history.headers['content-encoding']).toBe('gzip');
  });

  test('@nestjs/config gives forRootAsync its options', async () => {
    const app = await start({
      imports: [
        ConfigModule.forRoot({ load: [() => ({ channel: 'open.*' })] }),
        BirdsongModule.forRootAsync({
          lane,
          imports: [ConfigModule],
          inject: [ConfigService],
          useFactory: (config: ConfigService) => ({
            channels: {
              [config.getOrThrow<string>('channel')]: { publish: 'anyone', subscribe: 'anyone' },
            },
          }),
        }),
      ],
    });

    await expectWhole(app);
  });

  test('a hybrid app publishes from its microservice', async () => {
    const port = await freePort();
    const app = await start(
      { imports: [birdsong({ lane })], controllers: [PatternsController] },
      async (nest) => {
        nest.connectMicroservice({
          transport: Transport.TCP,
          options: { host: '127.0.0.1', port },
        });
        await nest.startAllMicroservices();
      },
    );
    const reader = await open(app);
    await reader.next();
    const client: ClientProxy = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    const answer = await firstValueFrom(client.send<string>('publish', 'from afar'));
    client.close();
    const event = await reader.next(isMessage);

    expect([answer, JSON.parse(event.data)]).toEqual([
      'open.1',
      expect.objectContaining({ data: 'from afar' }),
    ]);
  });

  test('a testing module works with supertest', async () => {
    const module = await Test.createTestingModule({ imports: [birdsong({ lane })] }).compile();
    const app = module.createNestApplication();
    await app.init();
    const server = app.getHttpServer() as Parameters<typeof supertest>[0];
    await supertest(server).post('/channels/open.1/messages').send({ data: 'tested' }).expect(201);
    const { body } = (await supertest(server).get('/channels/open.1/messages').expect(200)) as {
      body: unknown;
    };
    await app.close();

    expect(body).toMatchObject({ messages: [{ data: 'tested' }] });
  });

  test('a timeout that skips event streams does not end them', async () => {
    const app = await start({
      imports: [birdsong({ lane })],
      providers: [{ provide: APP_INTERCEPTOR, useClass: KindTimeoutInterceptor }],
    });
    const reader = await open(app);
    await reader.next();
    // Three heartbeats take four times as long as the interceptor's timeout.
    await reader.until(({ comments }) => comments.length > 3);

    expect(reader.isOpen).toBe(true);
  });
});
