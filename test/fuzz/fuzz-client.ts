import { connect, type Socket } from 'node:net';
import { defaultDeadlineMs, withDeadline } from '../harness/deadline.js';
import { checkAnswer } from './answer-check.js';
import { AnswerReader, type Answer } from './answers.js';
import type { FuzzSession } from './sessions.js';

/** Runs one session over a socket of its own, and checks everything that comes back. */
export class FuzzClient {
  private readonly socket: Socket;
  private readonly reader: AnswerReader;
  private readonly closed: Promise<void>;
  private isClosed = false;
  private failure: Error | undefined;
  private notify: () => void = () => undefined;

  private constructor(
    port: number,
    private readonly session: FuzzSession,
  ) {
    this.reader = new AnswerReader(session.methods);
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    // A reset counts as closed. Whether the server was allowed to close is checked afterwards.
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => this.take(chunk));
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.isClosed = true;
        this.notify();
        resolve();
      });
    });
  }

  /** @throws Error that says what is wrong */
  static async play(port: number, session: FuzzSession): Promise<readonly Answer[]> {
    const client = new FuzzClient(port, session);
    try {
      await client.run();
      return client.reader.answers;
    } finally {
      client.socket.destroy();
    }
  }

  private async run(): Promise<void> {
    const { session, reader } = this;
    await this.write(session.sound);
    if (!session.isRushed) await this.until(() => this.hasAnswers);
    await this.write(session.last);
    if (!session.mayBreak) await this.until(() => this.hasAnswers);
    const isBegun = () => reader.answers.length > session.soundCount || reader.hasBegun;
    if (session.isPatient) await this.until(isBegun);
    this.requireAnswers();
    if (session.ending === 'end') {
      this.socket.end();
      await withDeadline(this.closed, defaultDeadlineMs, () => 'the server keeps the connection');
    }
    if (this.failure) throw this.failure;
  }

  private get hasAnswers(): boolean {
    return this.reader.answers.length >= this.session.soundCount;
  }

  private async write(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      if (this.isClosed) return;
      await new Promise<void>((resolve) => {
        this.socket.write(piece, () => resolve());
        void this.closed.then(resolve);
      });
    }
  }

  private take(chunk: Buffer): void {
    const before = this.reader.answers.length;
    try {
      this.reader.push(chunk);
      this.reader.answers
        .slice(before)
        .forEach((answer, index) =>
          checkAnswer(answer, this.session.methods[before + index], sentBy(this.session)),
        );
    } catch (error) {
      this.failure ??= error as Error;
    }
    this.notify();
  }

  private async until(holds: () => boolean): Promise<void> {
    const met = new Promise<void>((resolve) => {
      this.notify = () => {
        if (this.isClosed || this.failure || holds()) resolve();
      };
      this.notify();
    });
    const explain = () =>
      `${this.reader.answers.length} answers, then ${JSON.stringify(this.reader.begun.slice(0, 300))}`;
    await withDeadline(met, defaultDeadlineMs, explain);
    if (this.failure) throw this.failure;
  }

  /** A server that closes a connection before everything is answered must have announced it. */
  private requireAnswers(): void {
    const { answers } = this.reader;
    const saidSo = answers.at(-1)?.headers['connection']?.toLowerCase() === 'close';
    if (!this.hasAnswers && !this.session.mayBreak && !saidSo) {
      throw new Error(
        `Closed after ${answers.length} of ${this.session.soundCount} answers; the last: ` +
          JSON.stringify(answers.at(-1)),
      );
    }
  }
}

/** Everything that a session's client sends. */
export const sentBy = ({ sound, last }: FuzzSession): string =>
  Buffer.concat([...sound, ...last]).toString('latin1');
