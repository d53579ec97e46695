import { isChannelName } from './channel-name.js';

/**
 * Which channels a policy applies to. A pattern has segments like a channel name. `:name` stands for any one segment,
 * a final `*` for one or more: `chat.:room`, `user.:userId.*`.
 */
export class ChannelPattern {
  private readonly form: RegExp;

  /** @throws Error that quotes the pattern, if it is not valid */
  constructor(source: string) {
    if (/^\d+$/.test(source)) {
      // JavaScript lists such keys of an object first, in whatever order they were written.
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
            `Birdsong: in the channel pattern "${source}", "${segment}" is not a valid name or is used twice.`,
          );
        }
        names.add(name);
        return `(?<${name}>[^.]+)`;
      }
      if (!isChannelName(segment)) {
        throw new Error(
          `Birdsong: in the channel pattern "${source}", "${segment}" is not a valid segment.`,
        );
      }
      return segment;
    });
    this.form = new RegExp(`^${parts.join('\\.')}$`);
  }

  /** The values of the `:name` segments; undefined if the channel does not match. */
  match(channel: string): Readonly<Record<string, string>> | undefined {
    const found = this.form.exec(channel);
    return found ? { ...found.groups } : undefined;
  }
}
