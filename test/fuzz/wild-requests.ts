import fc from 'fast-check';
import {
  channels,
  encodeRequest,
  plainBodies,
  pollRequests,
  rawText,
  soundRequests,
  streamRequests,
  type FuzzRequest,
} from './requests.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const wild = (bytes: Buffer): FuzzRequest => ({ method: 'POST', bytes, kind: 'wild' });

/** Headers that contradict each other or are malformed. */
const wildHeaders = fc.constantFrom(
  ...['Content-Length: -5', 'Content-Length: +5', 'Content-Length: 5, 5', 'Content-Length: 0x5'],
  ...['Content-Length: 99999999999999999999', 'Content-Length: 1000000', 'Content-Length: 3'],
  ...['Content-Length: 5\r\nContent-Length: 6', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
  ...['Transfer-Encoding: chunked\r\nContent-Length: 5', 'Transfer-Encoding: chunked, chunked'],
  ...[
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding:\x0bchunked',
  ],
  ...['Transfer-Encoding: identity', 'Transfer-Encoding: gzip, chunked', 'Content-Length : 5'],
  ...['Host: a\r\nHost: b', 'Host:', 'No colon', ': no name', 'Bad Name: x', 'X: a\0b', 'X: a\rb'],
  ...['X: a\nY: b', ' folded', '\tfolded', 'X: \x7f', 'Ü: x', 'X: \xff\xfe', 'Connection: close'],
  ...['Connection: Upgrade\r\nUpgrade: websocket', 'Connection: Upgrade\r\nUpgrade: h2c'],
  ...['Expect: 100-continue', 'Expect: the impossible', `X: ${'x'.repeat(20_000)}`],
  ...['Connection: close, keep-alive', 'Keep-Alive: timeout=99999', 'Trailer: Content-Length'],
  ...[Array.from({ length: 2500 }, (_, index) => `H${index}: x`).join('\r\n')],
);

const startLines = fc.oneof(
  fc.constantFrom(
    ...[
      'GET / HTTP/9.9',
      'GET / HTTP/1.1 ',
      'GET  / HTTP/1.1',
      'GET /',
      'GET',
      '',
      'get / HTTP/1.1',
    ],
    ...[
      'BREW / HTTP/1.1',
      'G E T / HTTP/1.1',
      'CONNECT example.com:443 HTTP/1.1',
      'OPTIONS * HTTP/1.1',
    ],
    ...['GET http://evil.example/health/live HTTP/1.1', 'GET evil HTTP/1.1', 'GET \\ HTTP/1.1'],
    ...['GET /\x01 HTTP/1.1', 'GET /\xff\xfe HTTP/1.1', 'PRI * HTTP/2.0', 'GET / HTTP/1.0'],
    ...[
      'POST http:// HTTP/1.1',
      'GET http://[::1 HTTP/1.1',
      'GET //evil HTTP/1.1',
      'GET ? HTTP/1.1',
    ],
    ...['GET /#x HTTP/1.1', 'GET http://a:b@c:99999/ HTTP/1.1', '\r\n\r\nGET / HTTP/1.1'],
    `GET /${'x'.repeat(20_000)} HTTP/1.1`,
  ),
  channels.map((channel) => `POST /channels/${channel}/messages HTTP/1.1`),
  rawText,
);

/** Malformed chunks. */
const wildChunks = fc.constantFrom(
  ...[
    '5\r\nhello',
    '5\r\nhello\r\n',
    'g\r\nx\r\n0\r\n\r\n',
    '-1\r\nx\r\n',
    'ffffffffffffffff1\r\nx',
  ],
  ...['5;ext=1\r\nhello\r\n0\r\n\r\n', '0\r\nTrailer: x\r\n\r\n', '0\r\nContent-Length: 5\r\n\r\n'],
  ...['5\nhello\n0\n\n', `${'0'.repeat(5000)}5\r\nhello\r\n0\r\n\r\n`, '5\r\nhelloo\r\n0\r\n\r\n'],
  ...[
    `5;${'x'.repeat(30_000)}\r\nhello\r\n0\r\n\r\n`,
    '0\r\n\r\nGET / HTTP/1.1\r\nHost: smuggled\r\n\r\n',
  ],
);

const mangled = fc
  .tuple(startLines, fc.array(wildHeaders, { maxLength: 3 }), plainBodies)
  .map(([line, headers, body]) =>
    wild(Buffer.concat([latin1(`${[line, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`), body])),
  );

const badlyFramed = fc
  .tuple(channels, wildHeaders, plainBodies)
  .map(([channel, header, body]) =>
    wild(
      Buffer.concat([
        latin1(`POST /channels/${channel}/messages HTTP/1.1\r\nHost: x\r\n`),
        latin1(`Content-Type: application/json\r\n${header}\r\n\r\n`),
        body,
      ]),
    ),
  );

const badlyChunked = fc.tuple(channels, wildChunks).map(([channel, chunks]) =>
  wild(
    encodeRequest(
      'POST',
      `/channels/${channel}/messages`,
      [
        ['Host', 'x'],
        ['Content-Type', 'application/json'],
        ['Transfer-Encoding', 'chunked'],
      ],
      latin1(chunks),
    ),
  ),
);

const whole = fc.oneof(soundRequests, streamRequests, pollRequests);

/** A request with one or more bytes changed. */
const damaged = fc
  .tuple(whole, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([{ bytes }, changes]) => {
    const copy = Buffer.from(bytes);
    for (const [place, value] of changes) copy[place % copy.length] = value;
    return wild(copy);
  });

/** A request cut anywhere, most often in the head. */
const half = fc
  .tuple(whole, fc.oneof(fc.nat(200), fc.nat(100_000)))
  .map(([{ bytes }, place]) => wild(bytes.subarray(0, place % bytes.length)));

/** Requests that HTTP does not allow, or that never end. */
export const wildRequests: fc.Arbitrary<FuzzRequest> = fc.oneof(
  mangled,
  badlyFramed,
  badlyChunked,
  damaged,
  half,
  pollRequests,
  rawText.map((text) => wild(latin1(text))),
);
