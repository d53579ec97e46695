import { Controller, Get, Header, UseFilters } from '@nestjs/common';
import { Stopping } from '../concurrency/stopping.js';
import { Broker } from '../broker/broker.port.js';
import { BirdsongError } from '../errors/birdsong-error.js';
import { brokerUnavailable } from '../errors/broker-unavailable.js';
import { ProblemFilter } from '../http/problem.filter.js';

/** Health checks, for process supervisors and load balancers. */
@Controller('health')
@UseFilters(ProblemFilter)
export class HealthController {
  constructor(
    private readonly broker: Broker,
    private readonly stopping: Stopping,
  ) {}

  /** Succeeds whenever the process can answer. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Succeeds while the node can accept and deliver messages. */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  ready(): { status: 'ok' } {
    if (this.stopping.isStopping) {
      throw new BirdsongError('shutting-down', 'The server is about to stop.', {
        retryAfterSeconds: 1,
      });
    }
    const reason = this.broker.unavailableReason();
    if (reason) {
      throw brokerUnavailable(reason);
    }
    return { status: 'ok' };
  }
}
