import { measureRedis } from './measure-redis.js';
console.log(JSON.stringify(await measureRedis(), null, 2));
