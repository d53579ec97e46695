export interface ParsedEvent {
  /** The event's name: `message` when the block names none. */
  event: string;
  data: string;
  /** The `id` field of this very block; absent when it had none. */
  id?: string;
  /** What a client would send as Last-Event-ID after this event: ids stay until the next. */
  lastEventId: string;
  /** The lines of the block as they came, each ended by one LF, comments among them included. */
  raw: string;
}

/** Whether it is a message, of whatever type, and not the stream's own. */
export const isMessage = ({ event }: { event: string }): boolean => !event.startsWith('stream.');

export const isReady = ({ event }: { event: string }): boolean => event === 'stream.ready';

/**
 * Reads an event stream by the letter of WHATWG HTML §9.2.5 and §9.2.6, from chunks that may be
 * cut anywhere, inside a character or between CR and LF. It shares nothing with the server, whose
 * output it is there to prove.
 */
export class EventStreamParser {
  /** The texts of the comments, without the colon. */
  readonly comments: string[] = [];
  /** The stream's last event ID, as a client that reconnects now sends it. */
  lastEventId = '';
  /** How many blocks had no data, of which a client by the standard makes no event. */
  emptyBlockCount = 0;
  /** The reconnection time in milliseconds, if the stream has set one. */
  retry: number | undefined;

  // UTF-8 decode: malformed bytes become U+FFFD, and one leading BOM is taken off.
  private readonly decoder = new TextDecoder('utf-8');
  private line = '';
  private skipLineFeed = false;
  private raw = '';
  private dataBuffer = '';
  private eventBuffer = '';
  private idBuffer = '';
  private blockId: string | undefined;

  constructor(private readonly onEvent: (event: ParsedEvent) => void) {}

  /** Takes the next bytes, gives every event they complete to `onEvent`, and returns them as text. */
  push(chunk: Uint8Array): string {
    const text = this.decoder.decode(chunk, { stream: true });
    if (text !== '') this.takeText(text);
    return text;
  }

  private takeText(text: string): void {
    // A line ends at its CR, without waiting for an LF; one that follows belongs to the same end.
    let start = this.skipLineFeed && text.startsWith('\n') ? 1 : 0;
    const lineEnd = /\r\n|\n|\r/g;
    lineEnd.lastIndex = start;
    for (let match = lineEnd.exec(text); match !== null; match = lineEnd.exec(text)) {
      const line = this.line + text.slice(start, match.index);
      this.line = '';
      start = lineEnd.lastIndex;
      this.takeLine(line);
    }
    this.line += text.slice(start);
    this.skipLineFeed = text.endsWith('\r');
  }

  private takeLine(line: string): void {
    if (line === '') {
      this.dispatch();
      return;
    }
    this.raw += `${line}\n`;
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.comments.push(line.slice(1));
    } else if (colon === -1) {
      this.takeField(line, '');
    } else {
      const value = line.slice(colon + 1);
      this.takeField(line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value);
    }
  }

  private takeField(field: string, value: string): void {
    switch (field) {
      case 'event':
        this.eventBuffer = value;
        break;
      case 'data':
        this.dataBuffer += `${value}\n`;
        break;
      case 'id':
        if (value.includes('\0')) break;
        this.idBuffer = value;
        this.blockId = value;
        break;
      case 'retry':
        if (/^[0-9]+$/.test(value)) this.retry = Number.parseInt(value, 10);
        break;
    }
  }

  private dispatch(): void {
    const { raw, blockId, dataBuffer, eventBuffer } = this;
    this.raw = '';
    this.blockId = undefined;
    this.dataBuffer = '';
    this.eventBuffer = '';
    this.lastEventId = this.idBuffer;
    if (dataBuffer === '') {
      this.emptyBlockCount++;
      return;
    }
    this.onEvent({
      event: eventBuffer === '' ? 'message' : eventBuffer,
      data: dataBuffer.slice(0, -1),
      ...(blockId === undefined ? {} : { id: blockId }),
      lastEventId: this.lastEventId,
      raw,
    });
  }
}
