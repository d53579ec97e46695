import { type ClientHttp2Session, type OutgoingHttpHeaders, constants } from 'node:http2';
import { defaultDeadlineMs, withDeadline } from './deadline.js';
import { EventStreamReader } from './event-stream-reader.js';

export interface Http2ReaderOptions {
  headers?: OutgoingHttpHeaders;
  /** How long `open`, `next`, `take` and `until` wait, in milliseconds. Default: 10,000. */
  deadlineMs?: number;
}

/** An event stream as one of many on an HTTP/2 connection, which its caller opens and closes. */
export class Http2Reader extends EventStreamReader {
  /** Resolves at the response's headers, whatever the status; rejects when none come. */
  static async open(
    session: ClientHttp2Session,
    path: string,
    options: Http2ReaderOptions = {},
  ): Promise<Http2Reader> {
    const { deadlineMs = defaultDeadlineMs } = options;
    const stream = session.request({
      ':path': path,
      accept: 'text/event-stream',
      'cache-control': 'no-store',
      ...options.headers,
    });
    const opened = new Promise<Http2Reader>((resolve, reject) => {
      stream.on('error', reject);
      stream.once('response', (response) => {
        const { ':status': status = 0, ...headers } = response;
        const isComplete = (): boolean =>
          stream.readableEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR;
        resolve(new Http2Reader(path, stream, status, headers, deadlineMs, isComplete));
      });
    });
    try {
      return await withDeadline(opened, deadlineMs, () => `no answer from ${path}`);
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }
}
