import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';

/** Of eight: the half that a provider gives to one customer, who has the other half to choose from. */
const NETWORK_GROUPS = 4;

/** Whether this address, so many hops away, is that of a proxy: what it says of its client is believed. */
export type IsProxy = (address: string, hop: number) => boolean;

/** @param proxies how many there are one behind the other, or their addresses and networks; default: none */
export function proxiesOf(proxies: number | string[] = []): IsProxy {
  return typeof proxies === 'number' ? (_, hop) => hop < proxies : proxyAddr.compile(proxies);
}

/** What counts as one client: an IPv4 address, or the /64 network of an IPv6 address. */
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
