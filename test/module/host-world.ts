import { Birdsong, BirdsongModule, type Receipt } from '../../src/index.js';
import { NestApp } from '../harness/nest-app.js';
import { SseReader } from '../harness/sse-reader.js';
import { CHANNELS, ShopController } from './shop-app.js';

/** A host app and its readers, ended together. */
export class HostWorld {
  private readonly readers: SseReader[] = [];
  private readonly hosts: NestApp[] = [];

  async start(metadata: Parameters<typeof NestApp.start>[0] = {}): Promise<NestApp> {
    const host = await NestApp.start({
      controllers: [ShopController],
      ...metadata,
      imports: metadata.imports ?? [BirdsongModule.forRoot({ channels: CHANNELS })],
    });
    this.hosts.push(host);
    return host;
  }

  async open(app: NestApp, path: string, headers: Record<string, string> = {}): Promise<SseReader> {
    const reader = await SseReader.open(`${app.url}/${path}`, { headers });
    this.readers.push(reader);
    return reader;
  }

  async close(): Promise<void> {
    await Promise.all(this.readers.splice(0).map((reader) => reader.close()));
    await Promise.all(this.hosts.splice(0).map((host) => host.close()));
  }
}

export const publish = (
  { app }: NestApp,
  channel: string,
  data: unknown,
  type?: string,
): Promise<Receipt> => app.get(Birdsong).publish(channel, data, { type });

export const dataOf = ({ data }: { data: string }): unknown =>
  (JSON.parse(data) as { data: unknown }).data;
