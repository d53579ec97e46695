import fc from 'fast-check';
import { gzipSync } from 'node:zlib';

/** A request as bytes on the wire. */
export interface FuzzRequest {
  readonly method: string;
  readonly bytes: Buffer;
  /**
   * `sound`: it is answered, and the connection goes on. `stream`: it is answered, perhaps without an end. `wild`:
   * the connection may hang until the client goes, or be closed.
   */
  readonly kind: 'sound' | 'stream' | 'wild';
}

type Header = readonly [name: string, value: string];

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const anyByte = fc.nat(255).map((code) => String.fromCharCode(code));
const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const visibleText = fc.string({ unit: visible, maxLength: 40 });
const rawText = fc.string({ unit: anyByte, maxLength: 40 });

const channels = fc.oneof(
  { weight: 6, arbitrary: fc.nat(20).map((number) => `public.fuzz.${number}`) },
  { weight: 2, arbitrary: fc.constantFrom('chat.fuzz', 'user.1', 'user.1.x', 'nowhere', 'public') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['..', '%2e%2e', '.', 'public..a', 'public.%00', 'public.a%0d%0aX:%20y', '__proto__'],
      ...[
        'public.%E0%A4%A',
        'public.%',
        'public.{a}',
        'public.a%2Fb',
        '%ff',
        'public.%F0%9F%90%A6',
      ],
      `public.${'x'.repeat(3000)}`,
    ),
  },
  { weight: 1, arbitrary: visibleText.map((text) => text.replaceAll(/[?#]/g, '')) },
);

const positions = fc.constantFrom(
  ...['1-1', '0-0', '1760000000000-1', '999999999999999-999999999999999', '-1', '1-', '1-1-1'],
  ...['1e3-1', '9'.repeat(20), '%00', '~a.1.1', '~', '*1*', '*1*aaaaaaa.1', 'x'.repeat(2000)],
);
const numbers = fc.constantFrom('0', '1', '50', '1000', '1001', '-1', '1.5', '1e3', '', 'x', '%00');

const parameters = fc.oneof(
  fc.tuple(fc.constantFrom('after', 'before', 'lastEventId'), positions),
  fc.tuple(fc.constantFrom('limit', 'history'), numbers),
  fc.tuple(fc.constant('channel'), channels),
  fc.tuple(
    fc.constantFrom(
      '__proto__',
      'constructor',
      'a[b][c]',
      'after[]',
      'limit[$gt]',
      'channel[0]',
      '%',
    ),
    visibleText.map(encodeURIComponent),
  ),
);
const query = fc
  .array(parameters, { maxLength: 4 })
  .map((list) => (list.length === 0 ? '' : `?${list.map((pair) => pair.join('=')).join('&')}`));

/** Targets that are answered at once, whatever they contain. */
const routes = fc.oneof(
  { weight: 8, arbitrary: channels.map((channel) => `/channels/${channel}/messages`) },
  { weight: 3, arbitrary: channels.map((channel) => `/channels/${channel}/messages/batch`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['/', '/health/live', '/health/ready', '/index.html', '/assets/', '/assets/../index.html'],
      ...[
        '/../../etc/passwd',
        '/%2e%2e/%2e%2e/etc/passwd',
        '/..%5c..%5cpackage.json',
        '/%00',
        '//',
      ],
      ...['/channels', '/channels/', '/channels//messages', '/%c0%ae%c0%ae/', '/.env', '/events/x'],
      `/${'a/'.repeat(2000)}`,
    ),
  },
  { weight: 1, arbitrary: visibleText.map((text) => `/${text}`) },
);

const streams = fc.oneof(
  channels.map((channel) => `/channels/${channel}/events`),
  fc
    .array(channels, { minLength: 1, maxLength: 5 })
    .map((list) => `/events?${list.map((channel) => `channel=${channel}`).join('&')}`),
);

/** None of these ends the connection. */
const soundHeaders: fc.Arbitrary<Header> = fc.oneof(
  fc.tuple(fc.constant('Idempotency-Key'), fc.oneof(visibleText, fc.constant('k'.repeat(200)))),
  fc.tuple(fc.constant('Last-Event-ID'), fc.oneof(positions, visibleText)),
  fc.tuple(
    fc.constant('Authorization'),
    fc.constantFrom('Bearer x', 'Basic !!!', 'Bearer', `Bearer ${'a.'.repeat(2000)}`),
  ),
  fc.tuple(
    fc.constant('Accept'),
    fc.constantFrom('text/event-stream', '*/*', 'application/json', '/;q='),
  ),
  fc.tuple(fc.constant('Cookie'), visibleText),
  fc.tuple(fc.constant('Range'), fc.constantFrom('bytes=0-', 'bytes=9999999-', 'bytes=-1', 'x=1')),
  fc.tuple(
    fc.constantFrom('If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since'),
    fc.constantFrom('*', '"x"', 'Thu, 01 Jan 1970 00:00:00 GMT', 'yesterday'),
  ),
  fc.tuple(fc.constant('Origin'), fc.constantFrom('null', 'http://evil.example', '%')),
  fc.tuple(fc.constantFrom('X-Forwarded-For', 'X-Forwarded-Proto', 'Forwarded'), visibleText),
  fc.tuple(
    fc.constant('Content-Encoding'),
    fc.constantFrom('identity', 'gzip', 'br', 'deflate', 'x'),
  ),
  fc.tuple(fc.constantFrom('X-A', 'X-HTTP-Method-Override', 'Priority'), visibleText),
  fc.tuple(fc.constant('X-Long'), fc.constant('y'.repeat(6000))),
);

const types = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['application/json; charset=utf-8', 'application/json;charset=utf-16', 'APPLICATION/JSON'],
      ...[
        'application/json; charset=x',
        'application/jsonp',
        'text/plain',
        ';',
        'multipart/form-data',
      ],
      ...[
        'application/x-www-form-urlencoded',
        'application/json, text/plain',
        'application/json;;=',
      ],
    ),
  },
);

const texts = fc.constantFrom(
  ...['{"data":', '{"data":1,}', '', ' ', '[]', 'null', '1', '"x"', '{}', '{"data":1}{"data":2}'],
  ...['{"data":1e400}', '{"data":-0}', '{"data":123456789012345678901234567890}', '{"data":NaN}'],
  ...['{"__proto__":{"data":1}}', '{"data":1,"__proto__":{"type":"x"}}', '{"data":"\\ud800"}'],
  ...['{"data":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}}}}'],
  ...[
    '{"data":1,"type":"stream.ready"}',
    '{"data":1,"type":"\\r\\nid: 5"}',
    '{"data":1,"type":[]}',
  ],
  ...[
    '{"messages":[]}',
    '{"messages":{}}',
    '{"messages":[{"data":1},{"data":2}]}',
    '{"messages":[1]}',
  ],
  ...[`{"data":${'['.repeat(9000)}${']'.repeat(9000)}}`, `{"data":${'{"a":'.repeat(9000)}`],
  ...[`{"data":"${'x'.repeat(70_000)}"}`, `{"messages":[${'{"data":1},'.repeat(1000)}{"data":1}]}`],
  ...['\u0000', '\uFEFF{"data":1}', '{"data":"\u2028\u2029\u0000"}'],
);

const plainBodies = fc.oneof(
  fc
    .record(
      { data: fc.jsonValue({ maxDepth: 3 }), type: fc.constant('joke') },
      { requiredKeys: ['data'] },
    )
    .map((body) => Buffer.from(JSON.stringify(body))),
  texts.map((text) => Buffer.from(text)),
  rawText.map(latin1),
  rawText.map((text) => latin1(`{"data":"${text}"}`)),
);
const zipped = gzipSync('{"data":"zipped"}');
const bomb = gzipSync(Buffer.alloc(5_000_000, ' '));

const bodies = fc.oneof(
  { weight: 12, arbitrary: plainBodies.map((body) => ({ body, coding: [] as Header[] })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(zipped, zipped.subarray(0, 15), zipped.subarray(5), bomb, Buffer.from('{}'))
      .map((body) => ({ body, coding: [['Content-Encoding', 'gzip']] as Header[] })),
  },
);

const methods = fc.oneof(
  { weight: 10, arbitrary: fc.constant('POST') },
  { weight: 6, arbitrary: fc.constant('GET') },
  { weight: 2, arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH') },
  { weight: 1, arbitrary: fc.constantFrom('TRACE', 'PROPFIND', 'M-SEARCH', 'PURGE', 'QUERY') },
);

/** The body with a Content-Length, or in chunks. */
function frame(body: Buffer, chunkBytes: number | undefined): { header: Header; bytes: Buffer } {
  if (chunkBytes === undefined) {
    return { header: ['Content-Length', String(body.length)], bytes: body };
  }
  const chunks = [];
  for (let at = 0; at < body.length; at += chunkBytes) {
    const chunk = body.subarray(at, at + chunkBytes);
    chunks.push(latin1(`${chunk.length.toString(16)}\r\n`), chunk, latin1('\r\n'));
  }
  chunks.push(latin1('0\r\n\r\n'));
  return { header: ['Transfer-Encoding', 'chunked'], bytes: Buffer.concat(chunks) };
}

export const encodeRequest = (
  method: string,
  target: string,
  headers: readonly Header[],
  body: Buffer = Buffer.alloc(0),
): Buffer => {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map((header) => header.join(': '))];
  return Buffer.concat([latin1(`${lines.join('\r\n')}\r\n\r\n`), body]);
};

const HOST: Header = ['Host', 'fuzz'];

/** Ordinary requests. */
const goodSends: fc.Arbitrary<FuzzRequest> = fc
  .record({
    channel: fc.nat(20),
    data: fc.jsonValue({ maxDepth: 3 }),
    key: fc.option(fc.uuid(), { nil: undefined }),
    isBatch: fc.boolean(),
  })
  .map(({ channel, data, key, isBatch }) => {
    const body = isBatch ? { messages: [{ data }, { data, type: 'joke' }] } : { data };
    const { header, bytes } = frame(Buffer.from(JSON.stringify(body)), undefined);
    const path = `/channels/public.fuzz.${channel}/messages${isBatch ? '/batch' : ''}`;
    const keyed: Header[] = key === undefined ? [] : [['Idempotency-Key', key]];
    const headers = [HOST, ['Content-Type', 'application/json'] as const, ...keyed, header];
    return { method: 'POST', bytes: encodeRequest('POST', path, headers, bytes), kind: 'sound' };
  });

/** Strange in content, but correct in form. */
const oddRequests: fc.Arbitrary<FuzzRequest> = fc
  .record({
    method: methods,
    target: fc.tuple(routes, query).map((parts) => parts.join('')),
    headers: fc.uniqueArray(soundHeaders, { maxLength: 3, selector: ([name]) => name }),
    type: types,
    content: bodies,
    chunkBytes: fc.option(fc.integer({ min: 1000, max: 30_000 }), { nil: undefined, freq: 4 }),
  })
  .map(({ method, target, headers, type, content, chunkBytes }) => {
    const { header, bytes } = frame(content.body, chunkBytes);
    const all = [HOST, ['Content-Type', type] as const, ...content.coding, ...headers, header];
    const path = Buffer.from(target).toString('latin1');
    return { method, bytes: encodeRequest(method, path, all, bytes), kind: 'sound' };
  });

export const soundRequests = fc.oneof(
  { weight: 1, arbitrary: goodSends },
  { weight: 3, arbitrary: oddRequests },
);

const encodeLasting = (target: string, headers: readonly Header[], version: string): Buffer => {
  const text = encodeRequest('GET', target, [HOST, ...headers]).toString('latin1');
  return latin1(text.replace('HTTP/1.1', version));
};

const lasting = {
  headers: fc.uniqueArray(soundHeaders, { maxLength: 3, selector: ([name]) => name }),
  version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
};

/** Streams, some of which are refused. */
export const streamRequests: fc.Arbitrary<FuzzRequest> = fc
  .record({ target: streams, ...lasting })
  .map(({ target, headers, version }) => ({
    method: 'GET',
    bytes: encodeLasting(target, headers, version),
    kind: 'stream',
  }));

/** Long-polls for messages that may never come. */
export const pollRequests: fc.Arbitrary<FuzzRequest> = fc
  .record({
    target: fc
      .tuple(channels, positions)
      .map(([channel, position]) => `/channels/${channel}/messages?wait=30&after=${position}`),
    ...lasting,
  })
  .map(({ target, headers, version }) => ({
    method: 'GET',
    bytes: encodeLasting(target, headers, version),
    kind: 'wild',
  }));

export { channels, plainBodies, rawText };
