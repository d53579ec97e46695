import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { rawRequest } from '../harness/http-client.js';

let node: BirdsongNode;

beforeAll(async () => {
  node = await BirdsongNode.start();
});
afterAll(() => node.stop());

test.each(['/\\]#:bE@?a', 'http://[::1/', 'evil://['])(
  'a URL "%s", in which Express finds no path, is answered with a problem',
  async (address) => {
    const text = await rawRequest(
      node.port,
      `GET ${address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );

    expect(text).toMatch(
      /^HTTP\/1\.1 400 [^]*\r\nContent-Type: application\/problem\+json[^]*"code":"invalid-request"/,
    );
  },
);
