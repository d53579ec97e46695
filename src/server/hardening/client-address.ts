import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';

/** Four of the eight groups: providers give each customer a /64 network, with every address in it. */
const NETWORK_GROUPS = 4;

/** Whether the address at this hop is that of a trusted proxy, whose word about its client is believed. */
export type IsProxy = (address: string, hop: number) => boolean;

/** @param proxies how many proxies there are in a row, or their addresses and networks. Default: none */
export function proxiesOf(proxies: number | string[] = []): IsProxy {
  return typeof proxies === 'number' ? (_, hop) => hop < proxies : proxyAddr.compile(proxies);
}

/** The client that an address belongs to: the IPv4 address itself, or the /64 network of an IPv6 address. */
export function clientOf(address: string): string {
  if (!ipaddr.isValid(address)) {
    return address;
  }
  const ip = ipaddr.process(address);
  if (!(ip instanceof ipaddr.IPv6)) {
    return ip.toString();
  }
  const network = ip.parts.map((group, index) => (index < NETWORK_GROUPS ? group : 0));
  return `${new ipaddr.IPv6(network).toString()}/64`;
}
