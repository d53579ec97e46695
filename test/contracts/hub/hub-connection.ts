import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { BirdsongError, type Position } from '../../../src/index.js';

/** A message as the hub has it. */
export interface HubMessage {
  readonly position: Position;
  readonly type: string;
  readonly tail: string;
}

export interface HubListener {
  /** Called on every connect. After a reconnect, messages sent meanwhile did not arrive. */
  connected(): void;
  messages(channel: string, messages: readonly HubMessage[]): void;
}

interface Question {
  resolve(answer: unknown): void;
  reject(error: BirdsongError): void;
}

interface Line {
  readonly id?: number;
  readonly answer?: unknown;
  readonly channel: string;
  readonly messages: readonly HubMessage[];
}

const RECONNECT_MS = 20;
/** How often the hub is pinged. A connection that has not answered by the next ping is dropped. */
const PING_MS = 300;

/** A connection to the hub that reconnects whenever it breaks. */
export class HubConnection {
  private readonly questions = new Map<number, Question>();
  private socket: Socket | undefined;
  private reconnecting: NodeJS.Timeout | undefined;
  private pinging: NodeJS.Timeout | undefined;
  private questionCount = 0;
  private hasHeard = false;
  private isAnswered = true;
  private isClosed = false;

  constructor(
    private readonly port: number,
    private readonly listener: HubListener,
  ) {}

  /** Whether the hub has answered since the last connect. */
  get isLive(): boolean {
    return this.hasHeard;
  }

  /** @throws BirdsongError `broker-unavailable` if the hub does not answer; it then does not reconnect */
  async open(): Promise<void> {
    this.connect();
    this.pinging = setInterval(() => this.ping(), PING_MS);
    try {
      await this.ask('ping', {});
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** @throws BirdsongError `broker-unavailable`, though the hub may have done what was asked */
  ask<Answer>(operation: string, input: object): Promise<Answer> {
    const id = ++this.questionCount;
    return new Promise((resolve, reject) => {
      if (!this.socket) {
        reject(unavailable());
        return;
      }
      this.questions.set(id, { resolve: (answer) => resolve(answer as Answer), reject });
      this.socket.write(`${JSON.stringify({ id, operation, ...input })}\n`);
    });
  }

  /** Resolves once the socket is closed. */
  async close(): Promise<void> {
    const { socket } = this;
    this.isClosed = true;
    clearTimeout(this.reconnecting);
    clearInterval(this.pinging);
    if (socket) {
      socket.destroy();
      await once(socket, 'close');
    }
  }

  private connect(): void {
    const socket = createConnection({ port: this.port, host: '127.0.0.1', noDelay: true });
    this.socket = socket;
    this.isAnswered = true;
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach((line) => this.hear(JSON.parse(line) as Line));
    });
    socket.on('connect', () => this.listener.connected());
    socket.on('error', () => undefined);
    socket.on('close', () => this.lose());
  }

  private hear({ id, answer, channel, messages }: Line): void {
    this.hasHeard = true;
    if (id === undefined) {
      this.listener.messages(channel, messages);
      return;
    }
    this.questions.get(id)?.resolve(answer);
    this.questions.delete(id);
  }

  private lose(): void {
    this.socket = undefined;
    this.hasHeard = false;
    for (const question of this.questions.values()) question.reject(unavailable());
    this.questions.clear();
    if (!this.isClosed) {
      this.reconnecting = setTimeout(() => this.connect(), RECONNECT_MS);
    }
  }

  /** Detects a connection that looks alive but is not. */
  private ping(): void {
    if (!this.isAnswered) {
      // An answer that has already arrived counts, however busy this process has been.
      setImmediate(() => this.isAnswered || this.socket?.destroy());
      return;
    }
    this.isAnswered = !this.socket;
    this.ask('ping', {}).then(
      () => (this.isAnswered = true),
      () => undefined,
    );
  }
}

export function unavailable(cause?: unknown): BirdsongError {
  return new BirdsongError('broker-unavailable', 'The hub does not answer.', {
    retryAfterSeconds: 1,
    cause,
  });
}
