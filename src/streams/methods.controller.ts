import { Controller, Header, HttpCode, Options, VERSION_NEUTRAL } from '@nestjs/common';
import { NotThrottled } from '../http/not-throttled.js';

/** Says which methods each route takes (RFC 9110 §9.3.7). */
@Controller({ version: VERSION_NEUTRAL })
@NotThrottled()
export class MethodsController {
  @Options('channels/:channel/messages')
  @HttpCode(204)
  @Header('Allow', 'GET, HEAD, POST, DELETE, OPTIONS')
  messages(): void {
    // The header is the answer.
  }

  @Options('channels/:channel/messages/batch')
  @HttpCode(204)
  @Header('Allow', 'POST, OPTIONS')
  batch(): void {
    // The header is the answer.
  }

  @Options('channels/:channel/messages/:id')
  @HttpCode(204)
  @Header('Allow', 'PUT, DELETE, OPTIONS')
  message(): void {
    // The header is the answer.
  }

  @Options(['channels/:channel/events', 'events'])
  @HttpCode(204)
  @Header('Allow', 'GET, HEAD, OPTIONS')
  events(): void {
    // The header is the answer.
  }
}
