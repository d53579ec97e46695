import { expect, test } from '@jest/globals';
import type { ChatTab, ChatTabOptions } from './chat-tab.js';
import { chatTabs } from './chat-tabs.js';

const chat = chatTabs();
const openTab = (options: ChatTabOptions): Promise<ChatTab> => chat.open(options);

test('a message whose answer was lost is sent again and appears once', async () => {
  const ada = await openTab({ room: 'lost-answer', name: 'Ada' });
  await ada.untilState('live');
  const keys: (string | undefined)[] = [];
  await ada.page.route('**/messages', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });

  const answered = ada.page.waitForResponse((response) => response.url().endsWith('/messages'));
  await ada.say('only once');
  await ada.untilSaid('only once');
  expect((await answered).status()).toBe(200);
  await ada.page.locator('[data-testid="message-input"]:placeholder-shown').waitFor();
  await ada.say('the next one');
  await ada.untilSaid('the next one');

  expect(await ada.texts()).toEqual(['only once', 'the next one']);
  expect(keys[0]).toBe(keys[1]);
  expect(keys[2]).not.toBe(keys[0]);
});

test('a refused message is explained, and can be edited and sent again', async () => {
  const ada = await openTab({ room: 'refused', name: 'Ada' });
  await ada.untilState('live');
  // The page itself sends no message that long.
  await ada.page.route('**/messages', (route) =>
    route.continue({
      postData: JSON.stringify({ data: { name: 'Ada', message: 'x'.repeat(4_001) } }),
    }),
  );

  await ada.say('my dear text');
  const problem = ada.at('send-error');
  await problem.getByText('The data does not fit').waitFor();
  expect(await problem.textContent()).toContain('message: ');
  expect(await ada.written()).toBe('');

  await ada.page.unroute('**/messages');
  await ada.say('the next one');
  await ada.untilSaid('the next one');
  await ada.at('edit').click();
  expect(await ada.written()).toBe('my dear text');
  await ada.say('my dearer text');
  await ada.untilSaid('my dearer text');
  await ada.untilSent();
  expect(await ada.texts()).toEqual(['the next one', 'my dearer text']);
});

test('a refused message can be sent again as it is, or removed', async () => {
  const ada = await openTab({ room: 'again', name: 'Ada' });
  await ada.untilState('live');
  await ada.page.route('**/messages', (route) => route.fulfill({ status: 403, body: '' }));
  await ada.say('one');
  await ada.say('two');
  await ada.page.locator('[data-testid="outgoing-message"][data-state="failed"]').nth(1).waitFor();

  await ada.page.unroute('**/messages');
  await ada.at('remove').nth(1).click();
  await ada.at('retry').click();
  await ada.untilSent();
  await ada.untilSaid('one');
  expect(await ada.texts()).toEqual(['one']);
});

test('the box is free at once, and what is written goes out in order', async () => {
  const ada = await openTab({ room: 'slow', name: 'Ada' });
  await ada.untilState('live');
  const held: (() => void)[] = [];
  await ada.page.route('**/messages', async (route) => {
    if (held.length === 0) await new Promise<void>((resolve) => held.push(resolve));
    return route.continue();
  });
  for (const text of ['first', 'second', 'third']) {
    await ada.say(text);
    expect(await ada.written()).toBe('');
  }
  expect(await ada.at('outgoing-message').count()).toBe(3);
  held[0]?.();
  await ada.untilSent();
  await ada.untilSaid('third');

  expect(await ada.texts()).toEqual(['first', 'second', 'third']);
});

test('someone else of the same name is someone else, and one’s own stays one’s own', async () => {
  const [ada, other] = [
    await openTab({ room: 'namesakes', name: 'Ada' }),
    await openTab({ room: 'namesakes', name: 'Ada' }),
  ];
  await Promise.all([ada.untilState('live'), other.untilState('live')]);
  await ada.say('it is me');
  await other.say('no, me');
  for (const tab of [ada, other]) {
    await tab.untilSaid('it is me');
    await tab.untilSaid('no, me');
  }
  const own = (tab: typeof ada) =>
    tab.page.locator('[data-testid="message"][data-own="true"]').getByTestId('message-text');

  await ada.at('pending-message').waitFor({ state: 'detached' });
  expect(await own(ada).allTextContents()).toEqual(['it is me']);
  expect(await own(other).allTextContents()).toEqual(['no, me']);
  await ada.page.reload();
  await ada.untilSaid('no, me');
  expect(await own(ada).allTextContents()).toEqual(['it is me']);
});
