import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { EventStreamParser, isMessage } from '../harness/event-stream-parser.js';
import { rawRequest, request, type HttpAnswer } from '../harness/http-client.js';
import { dataOf, eachLane, eventsUrl, messagesUrl, post, send } from './each-broker.js';

/** Expects a problem with this status and code that reveals nothing of the server's internals. */
function expectProblem(answer: HttpAnswer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toMatchObject({ type: 'about:blank', status, code });
  expect(answer.text).not.toMatch(/node_modules|\.[tj]s:|Error:|SyntaxError|ioredis|zod/);
}

eachLane('bad input', (world) => {
  test.each<[string, string, number, string]>([
    ['no JSON', '{"data":', 400, 'invalid-json'],
    ['a string', '"data"', 400, 'invalid-json'],
    ['an array', '[1]', 400, 'invalid-request'],
    ['null', 'null', 400, 'invalid-json'],
    ['nothing', '', 400, 'invalid-request'],
    ['no data', '{"type":"a"}', 400, 'invalid-request'],
    ['a member too many', '{"data":1,"sender":"me"}', 400, 'invalid-request'],
    ['a type that is a number', '{"data":1,"type":5}', 400, 'invalid-request'],
    ['an empty type', '{"data":1,"type":""}', 400, 'invalid-request'],
    ['a type with a line break', '{"data":1,"type":"a\\nid: 5"}', 400, 'invalid-request'],
    ['a type of the server', '{"data":1,"type":"stream.ready"}', 400, 'invalid-request'],
    ['a type of presence', '{"data":1,"type":"presence.join"}', 400, 'invalid-request'],
    ['a type of 65 characters', `{"data":1,"type":"${'t'.repeat(65)}"}`, 400, 'invalid-request'],
    [
      'nesting deeper than any stack',
      `{"data":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      400,
      'invalid-request',
    ],
    ['a message of 70 kB', `{"data":"${'x'.repeat(70_000)}"}`, 413, 'message-too-large'],
    ['a body of 5 MB', `{"data":"${'x'.repeat(5_000_000)}"}`, 413, 'message-too-large'],
  ])('a body that is %s is refused and changes nothing', async (_name, body, status, code) => {
    const app = await world.start();
    const channel = world.channel();
    const headers = { 'Content-Type': 'application/json' };
    const answer = await request(messagesUrl(app, channel), { method: 'POST', headers, body });

    expectProblem(answer, status, code);
    expect((await request(messagesUrl(app, channel))).json()).toMatchObject({ messages: [] });
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'a body of the media type "%s" is refused',
    async (type) => {
      const app = await world.start();
      const answer = await request(messagesUrl(app, world.channel()), {
        method: 'POST',
        headers: type === '' ? {} : { 'Content-Type': type },
        body: '{"data":1}',
      });

      expectProblem(answer, 415, 'unsupported-media-type');
    },
  );

  test.each(['', ' ', 'a b', 'ä', 'k'.repeat(129)])(
    'an Idempotency-Key "%s" is refused',
    async (key) => {
      const app = await world.start();
      const channel = world.channel();
      const answer = await post(
        app,
        channel,
        { data: 1 },
        { 'Idempotency-Key': Buffer.from(key).toString('latin1') },
      );

      expectProblem(answer, 400, 'invalid-request');
    },
  );

  test.each<[string, string, number, string]>([
    ['unknown', 'nowhere.a', 404, 'unknown-channel'],
    ['with an empty segment', 'open..a', 400, 'invalid-channel'],
    ['that ends in ..', 'open.%2e%2e', 400, 'invalid-channel'],
    ['with a slash', 'open%2fa', 400, 'invalid-channel'],
    ['with CR and LF', 'open.a%0d%0aX-Evil:%201', 400, 'invalid-channel'],
    ['with NUL', 'open.a%00', 400, 'invalid-channel'],
    ['with a dot at the end', 'open.', 400, 'invalid-channel'],
    ['of 129 characters', `open.${'a'.repeat(124)}`, 400, 'invalid-channel'],
    ['with a broken escape', 'open.%E0%A4%A', 400, 'invalid-request'],
    ['of a hash tag', 'open.{a}', 400, 'invalid-channel'],
    ['of __proto__', '__proto__', 404, 'unknown-channel'],
  ])('a channel %s is refused everywhere', async (_name, channel, status, code) => {
    const app = await world.start();

    expectProblem(await post(app, channel, { data: 1 }), status, code);
    expectProblem(await request(messagesUrl(app, channel)), status, code);
    expectProblem(await request(eventsUrl(app, channel)), status, code);
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=1.5',
    'limit=1e2',
    'limit=',
    'limit=1&limit=2',
    'after=1',
    'after=1-2-3',
    'after=01-2',
    'after=-1-2',
    'after=1-99999999999999999999',
    'before=x',
    'wait=31&after=1-1',
    'wait=-1&after=1-1',
    'wait=5',
  ])('history with %s is refused', async (query) => {
    const app = await world.start();

    expectProblem(
      await request(`${messagesUrl(app, world.channel())}?${query}`),
      400,
      'invalid-request',
    );
  });

  test.each(['history=-1', 'history=1001', 'history=many', 'history='])(
    'a stream with %s is refused',
    async (query) => {
      const app = await world.start();

      expectProblem(
        await request(eventsUrl(app, world.channel(), `?${query}`)),
        400,
        'invalid-request',
      );
    },
  );

  test('a Last-Event-ID that is sent twice or is not text leads to a gap', async () => {
    const app = await world.start();
    const channel = world.channel();
    for (const query of [
      '?lastEventId=1-1&lastEventId=2-2',
      '?lastEventId[a]=1',
      '?lastEventId=%00%0d%0a',
    ]) {
      const reader = await world.read(eventsUrl(app, channel, query));
      const isPlain = query.includes('[');
      await reader.next();
      expect(reader.events[0]?.data).toContain(`"gap":${String(!isPlain)}`);
    }
  });

  test('HEAD is answered like GET without a body, and keeps nothing open', async () => {
    const app = await world.start();
    const channel = world.channel();
    const events = await request(eventsUrl(app, channel), { method: 'HEAD' });
    const messages = await request(messagesUrl(app, channel), { method: 'HEAD' });

    expect([events.status, events.text, messages.status, messages.text]).toEqual([
      200,
      '',
      200,
      '',
    ]);
    expect(events.headers['content-type']).toBe('text/event-stream');
    await app.untilLeft();
  });

  test('OPTIONS lists the methods', async () => {
    const app = await world.start();
    const channel = world.channel();
    const allow = async (url: string) => {
      const answer = await request(url, { method: 'OPTIONS' });
      return [answer.status, answer.headers.allow];
    };

    expect(await allow(messagesUrl(app, channel))).toEqual([
      204,
      'GET, HEAD, POST, DELETE, OPTIONS',
    ]);
    expect(await allow(`${messagesUrl(app, channel)}/1-1`)).toEqual([204, 'PUT, DELETE, OPTIONS']);
    expect(await allow(eventsUrl(app, channel))).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect(await allow(`${app.url}/events`)).toEqual([204, 'GET, HEAD, OPTIONS']);
  });

  test('an HTTP/1.0 client gets the stream without chunks', async () => {
    const app = await world.start();
    const channel = world.channel();
    await send(app, channel, 'for the past');
    const text = await rawRequest(
      app.port,
      `GET /channels/${channel}/events?history=1 HTTP/1.0\r\n\r\n`,
      { until: (received) => received.includes('for the past') },
    );

    expect(text).toMatch(/^HTTP\/1\.1 200/);
    expect(text).not.toMatch(/transfer-encoding/i);
    const events: string[] = [];
    const parser = new EventStreamParser(({ event }) => events.push(event));
    parser.push(Buffer.from(text.slice(text.indexOf('\r\n\r\n'))));
    expect(events).toContain('stream.ready');
  });

  test('a channel named .. does not lead to another path', async () => {
    const app = await world.start();
    for (const path of ['/channels/../events', '/channels/%2e%2e/events']) {
      const text = await rawRequest(
        app.port,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1\.1 400 [^]*"code":"invalid-channel"/);
    }
  });

  test('garbage in place of a request ends only its own connection', async () => {
    const app = await world.start();
    const channel = world.channel();
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next();
    for (const text of [
      '\0\0\0\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /channels/${channel}/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: a\0b\r\n\r\n`,
      randomBytes(500).toString('latin1'),
      `POST /channels/${channel}/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n`,
    ]) {
      expect(await rawRequest(app.port, `${text}\r\n\r\n`)).toMatch(/^(HTTP\/1\.1 400|$)/);
    }
    await send(app, channel, 'still here');

    expect(dataOf([await reader.next()])).toEqual(['still here']);
  });

  test('a client that leaves during a replay leaves nothing behind', async () => {
    const app = await world.start();
    const channel = world.channel('long');
    const data = 'x'.repeat(20_000);
    for (let number = 0; number < 600; number += 50) {
      await Promise.all(Array.from({ length: 50 }, () => send(app, channel, data)));
    }
    for (let number = 0; number < 10; number++) {
      const reader = await world.read(eventsUrl(app, channel), { 'Last-Event-ID': 'all of it' });
      await reader.next(isMessage);
      await reader.close();
    }
    await app.untilLeft();

    // The app still works, and the channel is resubscribed.
    const reader = await world.read(eventsUrl(app, channel));
    await reader.next();
    await send(app, channel, 'after');
    expect(dataOf([await reader.next()])).toEqual(['after']);
  });
});
