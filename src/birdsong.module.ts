import {
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import type { Server } from 'node:http';
import { IdentityPort } from './access/identity.port.js';
import { OptionIdentity } from './access/option.identity.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './birdsong.module-definition.js';
import { Birdsong } from './birdsong.service.js';
import { brokerProvider } from './broker.provider.js';
import { Broker } from './broker/broker.port.js';
import { BrokerSettings } from './broker/broker-settings.js';
import { NewMessageListener } from './publishing/new-message.listener.js';
import { Feeds } from './delivery/feeds.js';
import { HistoryLimiter } from './broker/history-limiter.js';
import { HistoryService } from './history/history.service.js';
import { Observers } from './streams/observers.js';
import { StreamLimit } from './delivery/stream-limit.js';
import { UnsentBytes } from './delivery/unsent-bytes.js';
import { PublishingService } from './publishing/publishing.service.js';
import type { BirdsongOptions } from './config/birdsong.options.js';
import { BirdsongSettings } from './config/birdsong.settings.js';
import { ChannelPolicies } from './channels/channel-policies.js';
import { announceClose, closeWhenIdle } from './lifecycle/drain-connections.js';
import { shapeForExpress } from './streams/express-shapes.js';
import { DrainService } from './lifecycle/drain.service.js';
import { Streams } from './streams/streams.js';

/** How long, once everybody has been told to leave, what is under way may take until it is cut off. */
const CUT_OFF_MS = 5000;

/**
 * Real-time messaging for a Nest app:
 *
 * ```ts
 * @Module({ imports: [BirdsongModule.forRoot({ channels: { 'orders.:id': {} } })] })
 * ```
 */
@Module({
  // Not global: an app's own emitter stays its own. Listeners are found on both.
  imports: [EventEmitterModule.forRoot({ global: false })],
  providers: [
    {
      provide: BirdsongSettings,
      useFactory: (options: BirdsongOptions) => new BirdsongSettings(options),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    { provide: BrokerSettings, useExisting: BirdsongSettings },
    {
      provide: ChannelPolicies,
      useFactory: ({ channels }: BirdsongSettings) => new ChannelPolicies(channels),
      inject: [BirdsongSettings],
    },
    brokerProvider,
    { provide: IdentityPort, useClass: OptionIdentity },
    NewMessageListener,
    PublishingService,
    HistoryLimiter,
    Feeds,
    StreamLimit,
    UnsentBytes,
    HistoryService,
    Observers,
    Streams,
    DrainService,
    Birdsong,
  ],
  exports: [Birdsong, Broker],
})
export class BirdsongModule
  extends ConfigurableModuleClass
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  private cuttingOff: NodeJS.Timeout | undefined;

  constructor(
    private readonly broker: Broker,
    private readonly feeds: Feeds,
    private readonly drain: DrainService,
    private readonly adapterHost: HttpAdapterHost,
    modules: ModulesContainer,
  ) {
    super();
    // Two of them would both handle every event, each by its own policies.
    if ([...modules.values()].filter(({ metatype }) => metatype === BirdsongModule).length > 1) {
      throw new Error('Birdsong: an app imports BirdsongModule.forRoot() once; it is global.');
    }
  }

  /** @throws BirdsongError `broker-unavailable`: an app without its broker does not start */
  async onModuleInit(): Promise<void> {
    const adapter = this.httpAdapter;
    if (adapter) {
      shapeForExpress(adapter.getHttpServer() as Server, adapter.getInstance());
    }
    await this.broker.open();
  }

  /**
   * Takes `drainSeconds` at most. Nest closes the HTTP server after it, and waits for every open response: for
   * those of clients that do not read, and of requests that never end, not longer than `CUT_OFF_MS`.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const server = this.listeningServer();
    if (server) {
      announceClose(server);
    }
    await this.drain.run();
    if (server) {
      closeWhenIdle(server);
    }
    this.cuttingOff = setTimeout(() => {
      this.drain.cutOff();
      server?.closeAllConnections();
    }, CUT_OFF_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.cuttingOff);
    this.feeds.close();
    await this.broker.close();
  }

  /** An app without HTTP, which only publishes, has none. */
  private get httpAdapter(): HttpAdapterHost['httpAdapter'] | undefined {
    return this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
  }

  /** One with HTTP/2 is of another kind. */
  private listeningServer(): Server | undefined {
    const server = this.httpAdapter?.getHttpServer() as Partial<Server> | undefined;
    return server?.listening && server.closeIdleConnections ? (server as Server) : undefined;
  }
}
