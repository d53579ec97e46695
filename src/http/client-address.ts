import ipaddr from 'ipaddr.js';

/** Four of the eight groups: providers give each customer a /64 network, with every address in it. */
const NETWORK_GROUPS = 4;

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

/** The address of a request, as the adapter knows it: Express and Fastify believe the proxies that the app trusts. */
export function addressOf(request: object): string {
  const { ip, raw, socket } = request as {
    ip?: string;
    raw?: { socket?: { remoteAddress?: string } };
    socket?: { remoteAddress?: string };
  };
  return ip ?? (raw?.socket ?? socket)?.remoteAddress ?? '';
}
