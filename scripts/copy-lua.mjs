// tsc copies no Lua: the scripts that run inside Redis go beside the code that loads them.
import { cpSync } from 'node:fs';

const from = new URL('../src/redis/lua', import.meta.url);
const to = new URL('../dist/redis/lua', import.meta.url);
cpSync(from, to, { recursive: true });
