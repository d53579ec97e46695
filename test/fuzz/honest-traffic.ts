import type { BirdsongNode } from '../harness/birdsong-node.js';
import { request } from '../harness/http-client.js';
import { SseReader } from '../harness/sse-reader.js';

const PATH = '/channels/public.honest';
/** After this many messages the second reader is cut off, and resumes. */
const READ_COUNT = 10;
/** Long, because the fuzzing keeps the machine busy. */
/** The last message, sent after the numbers. */
const END = 'end';

type Data = number | string;

/** A well-behaved sender and two readers: one always connected, one that is cut off and resumes. */
export class HonestTraffic {
  readonly sent: Data[] = [];
  readonly resumed: Data[] = [];
  private isOver = false;
  private running: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly node: BirdsongNode,
    private readonly reader: SseReader,
  ) {}

  static async start(node: BirdsongNode): Promise<HonestTraffic> {
    const reader = await SseReader.open(`${node.url}${PATH}/events`);
    const ready = await reader.next();
    const traffic = new HonestTraffic(node, reader);
    traffic.running = Promise.all([traffic.send(), traffic.comeAndGo(ready.lastEventId)]);
    // Awaited in `finish`.
    traffic.running.catch(() => undefined);
    return traffic;
  }

  get received(): Data[] {
    return dataOf(this.reader);
  }

  /** Stops sending, and ends the readers once they have everything. */
  async finish(): Promise<void> {
    this.isOver = true;
    await this.running;
    await this.reader.until(() => this.received.at(-1) === END);
    await this.reader.close();
  }

  private async send(): Promise<void> {
    for (let number = 1; !this.isOver; number += 1) {
      await this.post(number);
    }
    await this.post(END);
  }

  private async post(data: Data): Promise<void> {
    const answer = await request(`${this.node.url}${PATH}/messages`, { json: { data } });
    if (answer.status !== 201) throw new Error(`Not accepted: ${answer.text}`);
    this.sent.push(data);
  }

  private async comeAndGo(start: string): Promise<void> {
    let lastEventId = start;
    while (this.resumed.at(-1) !== END) {
      const reader = await SseReader.open(`${this.node.url}${PATH}/events`, {
        headers: { 'Last-Event-ID': lastEventId },
      });
      await reader.until(() => {
        const data = dataOf(reader);
        return data.length >= READ_COUNT || data.at(-1) === END;
      });
      await reader.close();
      this.resumed.push(...dataOf(reader));
      lastEventId = reader.events.at(-1)?.lastEventId ?? lastEventId;
    }
  }
}

/** The data of a message, or the whole data of a gap. */
function dataOf({ events }: SseReader): Data[] {
  return events
    .filter(({ event }) => event !== 'stream.ready')
    .map(({ event, data }) =>
      event === 'message' ? (JSON.parse(data) as { data: Data }).data : `${event} ${data}`,
    );
}
