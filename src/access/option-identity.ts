import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Identity, IdentitySource } from '../channels/policy.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { IdentityPort } from './identity.port.js';

/** Asks the app through its option `identity` or `identify`. Without either, no request has an identity. */
@Injectable()
export class OptionIdentity extends IdentityPort implements OnModuleInit {
  private source: IdentitySource | undefined;

  constructor(
    private readonly settings: BirdsongSettings,
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
  ) {
    super();
  }

  async onModuleInit(): Promise<void> {
    const { identity, identify } = this.settings;
    if (typeof identity === 'function') {
      this.source = await this.instanceOf(identity);
    } else {
      this.source = identity ?? (identify && { identify });
    }
  }

  override identify(request: object): Identity | undefined | Promise<Identity | undefined> {
    return this.source?.identify(request);
  }

  private instanceOf(type: Type<IdentitySource>): Promise<IdentitySource> | IdentitySource {
    const isProvided = [...this.modules.values()].some(({ providers }) => providers.has(type));
    return isProvided ? this.moduleRef.get(type, { strict: false }) : this.moduleRef.create(type);
  }
}
