import { afterAll, beforeAll } from '@jest/globals';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { Hub } from './hub/hub.js';
import { HubBroker } from './hub/hub-broker.js';
import { provesContract } from './proves-contract.js';
import { proxyLink } from './proxy-link.js';
import { SETTINGS } from './settings.js';

let hub: Hub;

beforeAll(async () => {
  hub = await Hub.start();
});
afterAll(() => hub.stop());

provesContract('HubBroker', () => {
  const proxies: TcpProxy[] = [];
  return {
    node: async () => {
      const proxy = await TcpProxy.start(hub.port);
      proxies.push(proxy);
      return { createBroker: () => new HubBroker(SETTINGS, proxy.port), link: proxyLink(proxy) };
    },
    store: { save: () => hub.save(), crash: () => hub.restart() },
    close: async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
});
