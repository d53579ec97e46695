import { Module, type ModuleMetadata, type NestApplicationOptions } from '@nestjs/common';
import { APP_FILTER, NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BirdsongModule, ProblemFilter, type BirdsongOptions } from '../../src/index.js';
import type { Lane } from './lanes.js';
import { until } from './until.js';

/** Channels open to anyone. */
export const OPEN_CHANNELS: BirdsongOptions['channels'] = {
  'open.*': { publish: 'anyone', subscribe: 'anyone', history: { count: 1000 } },
  'short.*': { publish: 'anyone', subscribe: 'anyone', history: { count: 5 } },
  'long.*': { publish: 'anyone', subscribe: 'anyone', history: { count: 50_000 } },
};

/** A Nest app with Birdsong, in this process, on a port of its own. */
export class NestApp {
  private constructor(
    readonly app: NestExpressApplication,
    readonly url: string,
  ) {}

  /** An app with only Birdsong, with open channels by default. */
  static birdsong(options: Partial<BirdsongOptions> = {}, lane: Lane = 'fast'): Promise<NestApp> {
    return NestApp.start({
      imports: [BirdsongModule.forRoot({ channels: OPEN_CHANNELS, lane, ...options })],
      providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
    });
  }

  /**
   * @param configure called before the app listens
   * @param adapter Express unless given
   * @param options as for `NestFactory.create`
   */
  static async start(
    metadata: ModuleMetadata,
    configure: (app: NestExpressApplication) => unknown = () => undefined,
    adapter: AbstractHttpAdapter = new ExpressAdapter(),
    options: NestApplicationOptions = {},
  ): Promise<NestApp> {
    @Module(metadata)
    class TestModule {}

    const app = await NestFactory.create<NestExpressApplication>(TestModule, adapter, {
      logger: ['fatal'],
      abortOnError: false,
      ...options,
    });
    await configure(app);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new NestApp(app, `http://127.0.0.1:${port}`);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get server(): Server {
    return this.app.getHttpServer();
  }

  /** Resolves once no client is connected. */
  async untilLeft(): Promise<void> {
    const count = () =>
      new Promise<number>((resolve, reject) => {
        this.server.getConnections((error, found) => (error ? reject(error) : resolve(found)));
      });
    await until('nobody is connected', async () => (await count()) === 0);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
