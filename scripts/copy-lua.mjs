// tsc copies no Lua: the scripts that run inside Redis go beside the code that loads them.
import { cpSync } from 'node:fs';

const from = new URL('../src/engines/redis/lua', import.meta.url);
const to = new URL('../dist/engines/redis/lua', import.meta.url);
cpSync(from, to, { recursive: true });
