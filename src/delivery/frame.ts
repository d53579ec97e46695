import { DEFAULT_TYPE, type EncodedMessage, type Message } from '../protocol/message.js';
import { formatPosition, type Position } from '../protocol/position.js';

/**
 * A message as the bytes of one SSE event (WHATWG HTML §9.2.5), encoded once per node and shared by all streams:
 * `id: <position>`, `event: <type>` unless it is `message`, `data: <JSON>`, a blank line.
 */
export class Frame {
  readonly position: Position;
  /** The whole event. */
  readonly bytes: Buffer;
  private readonly fieldsStart: number;
  private readonly jsonStart: number;

  constructor({ position, type, json }: EncodedMessage) {
    const id = `id: ${formatPosition(position)}\n`;
    const event = type === DEFAULT_TYPE ? '' : `event: ${type}\n`;
    this.position = position;
    // Neither JSON nor the other fields can contain a raw CR or LF, so no field ends early.
    this.bytes = Buffer.from(`${id}${event}data: ${json}\n\n`);
    this.fieldsStart = id.length;
    this.jsonStart = id.length + event.length + 'data: '.length;
  }

  /** The event without its id and without the blank line that ends it. */
  get fields(): Buffer {
    return this.bytes.subarray(this.fieldsStart, -1);
  }

  /** The message's JSON. */
  get json(): string {
    return this.bytes.toString('utf8', this.jsonStart, this.bytes.length - 2);
  }

  /** Whether its message has this type, other than `message`. */
  isOf(type: string): boolean {
    return (
      this.bytes.toString('latin1', this.fieldsStart, this.jsonStart) === `event: ${type}\ndata: `
    );
  }

  decode(): Message {
    return JSON.parse(this.json) as Message;
  }

  /** The message that it was made of. */
  toMessage(): EncodedMessage {
    return { position: this.position, type: this.decode().type, json: this.json };
  }
}
