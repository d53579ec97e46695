import { format, resolveConfig } from 'prettier';
import { birdsongSchema, extrasSchema } from '../../src/config/birdsong-schema.js';
import { redisCommon, redisServers } from '../../src/config/redis-schema.js';
import { envExample } from './env-example.js';
import { interfaces } from './interfaces.js';
import { optionsPage } from './options-page.js';

/** Every file that is generated from the schemas, by its path, with its content. */
export async function render(): Promise<Map<string, string>> {
  const files = new Map([
    ['.env.example', envExample()],
    ['docs/options.md', optionsPage()],
    ['src/config/birdsong-options.ts', moduleOptions()],
    ['src/config/redis-options.ts', redisOptions()],
  ]);
  for (const [path, text] of files) {
    if (/\.(ts|md)$/.test(path)) {
      files.set(
        path,
        await format(text, { ...(await resolveConfig('package.json')), filepath: path }),
      );
    }
  }
  return files;
}

const moduleOptions = () =>
  interfaces([
    {
      name: "BirdsongOptions<Claims = import('../channels/policy.js').UnknownClaims>",
      docs: 'What `BirdsongModule.forRoot()` takes.',
      schema: birdsongSchema,
    },
    {
      name: 'BirdsongModuleExtras',
      docs: 'What `forRoot` and `forRootAsync` take beside the options.',
      schema: extrasSchema,
    },
  ]);

const redisOptions = () =>
  interfaces([
    { name: 'RedisServers', docs: 'Which Redis: exactly one of these.', schema: redisServers },
    { name: 'RedisCommonOptions', docs: 'What holds for each kind of Redis.', schema: redisCommon },
  ]);
