import { isChannelName } from './channel-name.js';

/**
 * Which channels a policy holds for. A pattern has the segments of a channel's name; `:name` stands
 * for any one segment, a `*` at the end for one or more: `chat.:room`, `user.:userId.*`.
 */
export class ChannelPattern {
  private readonly form: RegExp;

  /** @throws Error that names the pattern, when it is none */
  constructor(source: string) {
    if (/^\d+$/.test(source)) {
      // An object lists such keys first, whatever the order they were written in.
      throw new Error(`Birdsong: the channel pattern "${source}" cannot be only digits.`);
    }
    const segments = source.split('.');
    const names = new Set<string>();
    const parts = segments.map((segment, index) => {
      if (segment === '*' && index === segments.length - 1) {
        return '.+';
      }
      if (segment.startsWith(':')) {
        const name = segment.slice(1);
        if (!/^[A-Za-z_]\w*$/.test(name) || names.has(name)) {
          throw new Error(
            `Birdsong: in the channel pattern "${source}", "${segment}" is no new name.`,
          );
        }
        names.add(name);
        return `(?<${name}>[^.]+)`;
      }
      if (!isChannelName(segment)) {
        throw new Error(
          `Birdsong: in the channel pattern "${source}", "${segment}" is no segment of a channel.`,
        );
      }
      return segment;
    });
    this.form = new RegExp(`^${parts.join('\\.')}$`);
  }

  /** The values of the `:name` segments, or nothing if the channel does not match. */
  match(channel: string): Readonly<Record<string, string>> | undefined {
    const found = this.form.exec(channel);
    return found ? { ...found.groups } : undefined;
  }
}
