import { describe, expect, test } from '@jest/globals';
import { mastersOf } from '../../src/engines/redis/cluster-masters.js';
import { parseClusterNodes } from '../../src/engines/redis/cluster-nodes.js';

const ASKED = { host: '10.0.0.1', port: 7000 };

/** What CLUSTER NODES of several nodes say, put together: by address, with the slots. */
function masters(views: readonly (readonly string[])[], preferName = false) {
  const nodes = views.flatMap((lines) =>
    parseClusterNodes(`${lines.join('\n')}\n`, ASKED, preferName),
  );
  return mastersOf(nodes).map(({ host, port, slots }) => [`${host}:${port}`, slots]);
}

const a = (slots: string, flags = 'master', epoch = 1) =>
  `aaaa 10.0.0.1:7000@17000 ${flags} - 0 1795191149000 ${epoch} connected ${slots}`.trim();
const b = (slots: string, flags = 'master', epoch = 2) =>
  `bbbb 10.0.0.2:7000@17000 ${flags} - 0 1795191149000 ${epoch} connected ${slots}`.trim();

describe('Merging what the nodes of a cluster say', () => {
  test('a slot is where the newest decision put it, whatever the order of answers', () => {
    const before = [a('0-16383'), b('')];
    const after = [a('0-99 101-16383'), b('100', 'myself,master', 5)];
    const merged = [
      [
        '10.0.0.1:7000',
        [
          [0, 99],
          [101, 16383],
        ],
      ],
      ['10.0.0.2:7000', [[100, 100]]],
    ];
    expect(masters([before, after])).toEqual(expect.arrayContaining(merged));
    expect(masters([after, before])).toEqual(expect.arrayContaining(merged));
  });

  test('a replaced master does not come back because of a node that missed the change', () => {
    const stale = [a('0-16383', 'myself,master', 1), b('', 'slave', 1)];
    const current = [a('', 'master,fail', 1), b('0-16383', 'myself,master', 7)];
    expect(masters([stale, current])).toEqual([['10.0.0.2:7000', [[0, 16383]]]]);
    expect(masters([current, stale])).toEqual([['10.0.0.2:7000', [[0, 16383]]]]);
  });

  test('a dead master keeps its slots until another has them', () => {
    const view = [a('0-8191', 'master,fail'), b('8192-16383', 'myself,master')];
    expect(masters([view])).toEqual([
      ['10.0.0.1:7000', [[0, 8191]]],
      ['10.0.0.2:7000', [[8192, 16383]]],
    ]);
  });

  test('a master without slots counts, as it may get some; replicas and dead nodes do not', () => {
    const others = [
      'cccc 10.0.0.3:7000@17000 slave aaaa 0 0 1 connected',
      'dddd :0@0 master,noaddr - 0 0 0 disconnected',
      'eeee 10.0.0.5:7000@17000 handshake - 0 0 0 connected',
      'ffff 10.0.0.6:7000@17000 master,fail? - 0 0 0 connected',
    ];
    expect(masters([[a('0-16383'), b(''), ...others]])).toEqual([
      ['10.0.0.2:7000', []],
      ['10.0.0.1:7000', [[0, 16383]]],
    ]);
  });

  test('a moving slot counts where it still is', () => {
    const view = [a('0-16383 [100->-bbbb]', 'myself,master'), b('[100-<-aaaa]')];
    expect(masters([view])).toEqual(expect.arrayContaining([['10.0.0.1:7000', [[0, 16383]]]]));
  });

  test('a node is called by its name where names are preferred and it has one', () => {
    const named =
      'aaaa 10.0.0.1:7000@17000,redis-1.example,shard-id=99 master - 0 0 1 connected 0-5';
    const nameless = 'bbbb 10.0.0.2:7000@17000,,shard-id=98 master - 0 0 2 connected 6-9';
    expect(masters([[named, nameless]], true)).toEqual([
      ['redis-1.example:7000', [[0, 5]]],
      ['10.0.0.2:7000', [[6, 9]]],
    ]);
    expect(masters([[named]])).toEqual([['10.0.0.1:7000', [[0, 5]]]]);
  });

  test('a node that does not know its own address has the one by which it was asked', () => {
    const line = 'aaaa :7000@17000 myself,master - 0 0 1 connected 0-16383';
    expect(masters([[line]])).toEqual([['10.0.0.1:7000', [[0, 16383]]]]);
  });

  test('an IPv6 address is read whole', () => {
    const line = 'aaaa 2001:db8::1:7000@17000 master - 0 0 1 connected 0-16383';
    expect(masters([[line]])).toEqual([['2001:db8::1:7000', [[0, 16383]]]]);
  });
});
