import { Injectable } from '@nestjs/common';
import { BirdsongSettings } from '../config/birdsong.settings.js';
import type { Identity } from '../channels/policy.js';
import { IdentityPort } from './identity.port.js';

/** Asks the app, by the option `identify`. Without it nobody has an identity. */
@Injectable()
export class OptionIdentity extends IdentityPort {
  constructor(private readonly settings: BirdsongSettings) {
    super();
  }

  override identify(request: object): Identity | undefined | Promise<Identity | undefined> {
    return this.settings.identify?.(request);
  }
}
