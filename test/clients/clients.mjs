/* global TextDecoderStream */
// Reads a stream with a client of npm, as its README says, and prints what it hands out: `node clients.mjs <client> <url>`.
import { fetchEventSource } from '@microsoft/fetch-event-source';
import { EventSource } from 'eventsource';
import { createEventSource } from 'eventsource-client';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import launchDarkly from 'launchdarkly-eventsource';
import { setTimeout as pause } from 'node:timers/promises';

const [, , client, url] = process.argv;

const TYPES = ['message', 'stream.ready', 'stream.gap', 'stream.closing', 'stream.heartbeat'];

const print = (event, data) => process.stdout.write(`${JSON.stringify({ event, data })}\n`);

const listen = (source) => {
  for (const type of TYPES) source.addEventListener(type, ({ data }) => print(type, data));
};

const clients = {
  eventsource: () => listen(new EventSource(url)),
  'launchdarkly-eventsource': () => listen(new launchDarkly.EventSource(url)),
  'eventsource-client': () =>
    createEventSource({ url, onMessage: ({ event = 'message', data }) => print(event, data) }),
  // For browsers: what it needs of one.
  '@microsoft/fetch-event-source': () => {
    const nothing = () => undefined;
    globalThis.document = {
      hidden: false,
      addEventListener: nothing,
      removeEventListener: nothing,
    };
    globalThis.window = globalThis;
    return fetchEventSource(url, {
      onmessage: ({ event, data }) => print(event || 'message', data),
      // Without a delay of its own, it takes `retry:`.
      onerror: nothing,
    });
  },
  // A parser only: reconnecting is up to its user.
  'eventsource-parser': async () => {
    let lastEventId;
    for (;;) {
      try {
        const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
        const response = await fetch(url, { headers });
        const events = response.body
          .pipeThrough(new TextDecoderStream())
          .pipeThrough(new EventSourceParserStream());
        for await (const { event = 'message', data, id } of events) {
          lastEventId = id ?? lastEventId;
          print(event, data);
        }
      } catch {
        // It comes back.
      }
      await pause(200);
    }
  },
};

await clients[client]();
