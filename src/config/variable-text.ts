import { isIPv6 } from 'node:net';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** @throws Error unless it is `host:port,host:port` */
export const readAddresses = (list: string): Address[] => list.split(',').map(readAddress);

function readAddress(item: string): Address {
  const text = item.trim();
  const [, name = '', port = ''] = /^(\[[^\]]+\]|[^:/@?#\s[\]]+):(\d+)$/.exec(text) ?? [];
  const host = name.replace(/^\[|\]$/g, '');
  if (!host || (name !== host && !isIPv6(host))) {
    throw new Error(`must be host:port,host:port: "${text}"`);
  }
  return { host, port: Number(port) };
}

/** @throws Error unless it is `true` or `false` */
export function readFlag(text: string): boolean {
  if (text !== 'true' && text !== 'false') {
    throw new Error('must be true or false');
  }
  return text === 'true';
}
