import {
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_INTERCEPTOR, ModulesContainer } from '@nestjs/core';
import { Identities } from './access/identities.js';
import { Revocations } from './access/revocations.js';
import { IdentityPort } from './access/identity.port.js';
import { OptionIdentity } from './access/option-identity.js';
import { checkHost } from './check-host.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './birdsong.module-definition.js';
import { Birdsong } from './birdsong.service.js';
import { brokerProvider } from './broker.provider.js';
import { BrokerSettings } from './broker/broker-settings.js';
import { BrokerLifecycle } from './broker/broker-lifecycle.js';
import { Broker } from './broker/broker.port.js';
import { AppEvents } from './events/app-events.js';
import { OwnEmitterModule } from './events/own-emitter.module.js';
import { NewMessageListener } from './publishing/new-message.listener.js';
import { Feeds } from './delivery/feeds.js';
import { HistoryLimiter } from './broker/history-limiter.js';
import { Moderation } from './moderation/moderation.service.js';
import { HistoryService } from './history/history.service.js';
import { Observers } from './streams/observers.js';
import { StreamLimit } from './delivery/stream-limit.js';
import { UnsentBytes } from './delivery/unsent-bytes.js';
import { PublishingService } from './publishing/publishing.service.js';
import type { BirdsongModuleExtras, BirdsongOptions } from './config/birdsong-options.js';
import { BirdsongSettings } from './config/birdsong-settings.js';
import type { UnknownClaims } from './channels/policy.js';
import { ChannelPolicies } from './channels/channel-policies.js';
import { OpenConnections } from './lifecycle/open-connections.js';
import { ExpressTuning } from './http/express-tuning.js';
import { DrainService } from './lifecycle/drain.service.js';
import { EventIdsInterceptor } from './streams/event-ids.interceptor.js';
import { Tickets } from './rights/tickets.service.js';
import { Rights } from './rights/rights.service.js';
import { StreamRegistry } from './streams/stream-registry.js';
import { Streams } from './streams/streams.js';
import { Stopping } from './concurrency/stopping.js';

type BirdsongAsyncOptions<Claims = UnknownClaims> = ConfigurableModuleAsyncOptions<
  BirdsongOptions<Claims>,
  'createBirdsongOptions'
> &
  BirdsongModuleExtras;

/**
 * Real-time messaging for a Nest app:
 *
 * ```ts
 * @Module({ imports: [BirdsongModule.forRoot({ channels: { 'orders.:id': {} } })] })
 * ```
 */
@Module({
  imports: [OwnEmitterModule.forRoot()],
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
    Revocations,
    Identities,
    Rights,
    Tickets,
    AppEvents,
    BrokerLifecycle,
    NewMessageListener,
    PublishingService,
    HistoryLimiter,
    Feeds,
    StreamLimit,
    UnsentBytes,
    HistoryService,
    Moderation,
    Observers,
    Stopping,
    StreamRegistry,
    Streams,
    OpenConnections,
    DrainService,
    ExpressTuning,
    { provide: APP_INTERCEPTOR, useClass: EventIdsInterceptor },
    Birdsong,
  ],
  exports: [Birdsong, Broker, Identities, Stopping, Tickets],
})
export class BirdsongModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
{
  /** @typeParam Claims what the app knows of an identity: see `Identity` */
  static override forRoot<Claims = UnknownClaims>(
    options: BirdsongOptions<Claims> & BirdsongModuleExtras,
  ): DynamicModule {
    return super.forRoot(options as BirdsongOptions & BirdsongModuleExtras);
  }

  /** @typeParam Claims what the app knows of an identity: see `Identity` */
  static override forRootAsync<Claims = UnknownClaims>(
    options: BirdsongAsyncOptions<Claims>,
  ): DynamicModule {
    return super.forRootAsync(options as BirdsongAsyncOptions);
  }

  constructor(
    private readonly broker: BrokerLifecycle,
    private readonly feeds: Feeds,
    private readonly drain: DrainService,
    private readonly stopping: Stopping,
    private readonly rights: Rights,
    modules: ModulesContainer,
  ) {
    super();
    checkHost(BirdsongModule, modules);
  }

  /** @throws BirdsongError `broker-unavailable`: an app does not start without its broker */
  async onModuleInit(): Promise<void> {
    await this.broker.open();
    await this.rights.open();
  }

  /** Nest calls this hook first, so load balancers see the shutdown before any reader is sent away. */
  onModuleDestroy(): void {
    this.stopping.begin();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.drain.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.drain.end();
    this.feeds.close();
    this.rights.close();
    await this.broker.close();
  }
}
