import { writeFileSync } from 'node:fs';
import { render } from './render.js';

for (const [path, text] of await render()) {
  writeFileSync(path, text);
}
