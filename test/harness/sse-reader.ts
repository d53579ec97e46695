import * as http from 'node:http';
import { defaultDeadlineMs, withDeadline } from './deadline.js';
import { EventStreamReader } from './event-stream-reader.js';

export interface SseReaderOptions {
  headers?: http.OutgoingHttpHeaders;
  method?: string;
  /** How long `open`, `next`, `take` and `until` wait, in milliseconds. Default: 60,000. */
  deadlineMs?: number;
}

/** An event stream over an HTTP/1.1 connection of its own. */
export class SseReader extends EventStreamReader {
  /** Resolves at the response's headers, whatever the status; rejects when none come. */
  static async open(url: string | URL, options: SseReaderOptions = {}): Promise<SseReader> {
    const { deadlineMs = defaultDeadlineMs, method = 'GET' } = options;
    const outgoing = http.request(url, {
      method,
      agent: false,
      // What a browser's EventSource sends. Without the last, Node asks for `close`.
      headers: {
        Accept: 'text/event-stream',
        'Cache-Control': 'no-store',
        Connection: 'keep-alive',
        ...options.headers,
      },
    });
    const opened = new Promise<SseReader>((resolve, reject) => {
      outgoing.on('error', reject);
      outgoing.once('response', (response) => {
        const { statusCode = 0, headers } = response;
        const isComplete = (): boolean => response.complete;
        resolve(new SseReader(String(url), response, statusCode, headers, deadlineMs, isComplete));
      });
    });
    outgoing.end();
    try {
      return await withDeadline(opened, deadlineMs, () => `no answer from ${String(url)}`);
    } catch (error) {
      outgoing.destroy();
      throw error;
    }
  }
}
