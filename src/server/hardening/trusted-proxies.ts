import proxyAddr from 'proxy-addr';

/** Whether the address at this hop is that of a trusted proxy, whose word about its client is believed. */
export type IsProxy = (address: string, hop: number) => boolean;

/** @param proxies how many proxies there are in a row, or their addresses and networks. Default: none */
export function proxiesOf(proxies: number | string[] = []): IsProxy {
  return typeof proxies === 'number' ? (_, hop) => hop < proxies : proxyAddr.compile(proxies);
}
