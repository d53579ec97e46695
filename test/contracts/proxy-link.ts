import type { Link } from '../../src/testing/contract.js';
import type { TcpProxy } from '../harness/tcp-proxy.js';

/** The link of a node whose connections go through a proxy of its own. */
export function proxyLink(proxy: TcpProxy): Link {
  return {
    cut: () => proxy.cut(),
    silence: () => {
      proxy.stall(/(?:)/);
      return Promise.resolve();
    },
    restore: () => proxy.restore(),
  };
}
