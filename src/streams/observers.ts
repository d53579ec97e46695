import { Injectable } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import type { Message } from '../protocol/message.js';
import { formatPosition, type Position } from '../protocol/position.js';
import { Stopping } from '../concurrency/stopping.js';
import type { Channel } from '../channels/channel-policies.js';
import { ChannelReader, type ReaderSink } from '../delivery/channel-reader.js';
import { Feeds } from '../delivery/feeds.js';
import type { FrameBatch } from '../delivery/frame-batch.js';

/** Gives an app's own code the decoded messages of a channel. */
@Injectable()
export class Observers {
  private readonly observing = new Set<Subscriber<Message>>();

  constructor(
    private readonly feeds: Feeds,
    private readonly stopping: Stopping,
  ) {}

  /** Emits messages from now on, or after a position. Completes when the app shuts down; may fail with `overloaded`. */
  observe(channel: Channel, after: Position | undefined): Observable<Message> {
    return new Observable((subscriber) => {
      if (this.stopping.isStopping) {
        subscriber.complete();
        return;
      }
      const feed = this.feeds.acquire(channel);
      const sink = sinkOf(channel.name, subscriber);
      const reader = new ChannelReader(feed, sink);
      this.observing.add(subscriber);
      reader
        .begin(after ? { kind: 'after', position: after } : { kind: 'live' })
        .then(({ gap }) => {
          if (gap) {
            sink.gap(gap, reader);
          }
          return reader.run();
        })
        .catch((error: unknown) => subscriber.error(error));
      return () => {
        this.observing.delete(subscriber);
        reader.close();
        this.feeds.release(feed);
      };
    });
  }

  /** Functions that each complete one observable. */
  closers(): (() => void)[] {
    return [...this.observing].map((subscriber) => () => subscriber.complete());
  }
}

function sinkOf(channel: string, subscriber: Subscriber<Message>): ReaderSink {
  const emit = ({ frames }: FrameBatch) => {
    frames.forEach((frame) => subscriber.next(frame.decode()));
    return undefined;
  };
  return {
    replay: emit,
    live: emit,
    gap: ({ after, oldest, resumeAt }) =>
      subscriber.next({
        id: formatPosition(resumeAt),
        channel,
        type: 'stream.gap',
        data: {
          after: after ? formatPosition(after) : null,
          oldest: oldest ? formatPosition(oldest) : null,
        },
        createdAt: new Date().toISOString(),
      }),
  };
}
