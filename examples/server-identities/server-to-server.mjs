// A server that notifies a user: `node server-to-server.mjs ada "Your order is on its way."`
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const { BIRDSONG_URL = 'http://localhost:3000', BIRDSONG_KEY = '' } = process.env;
const [user = 'ada', text = 'hello'] = process.argv.slice(2);

/** Sends until it is accepted. With the same Idempotency-Key, it is published once, however often it is sent. */
async function publish(channel, data) {
  const key = randomUUID();
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(`${BIRDSONG_URL}/channels/${channel}/messages`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${BIRDSONG_KEY}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
      },
      body: JSON.stringify({ data }),
    }).catch((error) => error);
    if (answer.ok) return answer.json();
    const isWorthATry = answer instanceof Error || answer.headers.has('retry-after');
    if (!isWorthATry || tries === 10)
      throw answer instanceof Error ? answer : new Error(await answer.text());
    await pause(1000 * Number(answer.headers?.get('retry-after') ?? tries));
  }
}

const { id } = await publish(`user.${user}`, { text });
console.log(`published as ${id}`);
