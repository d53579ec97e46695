import {
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Query,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { z } from 'zod';
import { Birdsong } from '../../birdsong.service.js';
import { ProblemFilter } from '../../http/problem.filter.js';
import { RequestPipe } from '../../http/request.pipe.js';
import type { Connection } from '../../streams/connections.js';
import { AdminGuard } from './admin.guard.js';

const text = z.string().min(1).max(256).optional();
const filter = z.strictObject({ identity: text, channel: text });

type Filter = z.infer<typeof filter>;

@Controller('connections')
@UseGuards(AdminGuard)
@UseFilters(ProblemFilter)
export class ConnectionsController {
  constructor(private readonly birdsong: Birdsong) {}

  /** The open streams of this node. */
  @Get()
  @Header('Cache-Control', 'no-store')
  list(@Query(new RequestPipe(filter)) query: Filter): { connections: Connection[] } {
    return { connections: this.birdsong.connections.list(query) };
  }

  /** Ends those that match, on all nodes. */
  @Delete()
  @HttpCode(204)
  end(@Query(new RequestPipe(filter)) query: Filter): Promise<void> {
    return this.birdsong.disconnect(query);
  }

  /** Ends one, on whichever node it is. */
  @Delete(':id')
  @HttpCode(204)
  endOne(@Param('id') id: string): Promise<void> {
    return this.birdsong.disconnect({ id });
  }
}
