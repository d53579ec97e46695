import { describe, expect, test } from '@jest/globals';
import type { ChatTab, ChatTabOptions } from './chat-tab.js';
import { chatTabs } from './chat-tabs.js';
import { numbers, sendToRoom } from './send-to-room.js';

const chat = chatTabs();
const openTab = (options: ChatTabOptions): Promise<ChatTab> => chat.open(options);

describe('talking', () => {
  test('two people talk to each other', async () => {
    const ada = await openTab({ room: 'talk', name: 'Ada' });
    const bo = await openTab({ room: 'talk', name: 'Bo' });
    await Promise.all([ada.untilState('live'), bo.untilState('live')]);

    await ada.say('hello Bo');
    await bo.untilSaid('hello Bo');
    await bo.say('hello Ada');
    await ada.untilSaid('hello Ada');

    expect(await ada.texts()).toEqual(['hello Bo', 'hello Ada']);
    expect(await bo.texts()).toEqual(['hello Bo', 'hello Ada']);
    expect(await ada.said('hello Bo').getAttribute('data-own')).toBe('true');
    expect(await bo.said('hello Bo').getAttribute('data-own')).toBe('false');
    expect(await bo.said('hello Bo').getByTestId('message-name').textContent()).toBe('Ada');
  });

  test('Enter sends, and Shift+Enter begins a new line', async () => {
    const ada = await openTab({ room: 'keyboard', name: 'Ada' });
    await ada.untilState('live');

    await ada.at('message-input').focus();
    await ada.page.keyboard.type('first line');
    await ada.page.keyboard.press('Shift+Enter');
    await ada.page.keyboard.type('second line');
    expect(await ada.written()).toBe('first line\nsecond line');
    await ada.page.keyboard.press('Enter');
    await ada.untilSaid('first line\nsecond line');

    // The focus stays, so the next message needs no mouse either.
    await ada.page.keyboard.type('and on');
    await ada.page.keyboard.press('Enter');
    await ada.untilSaid('and on');
    expect(await ada.texts()).toEqual(['first line\nsecond line', 'and on']);
  });

  test('markup in a message and in a name stays text', async () => {
    const script = '<script>globalThis.broken = true</script>';
    const image = '<img src="x" onerror="globalThis.broken = true; alert(1)">';
    const ada = await openTab({ room: 'markup', name: '<b onclick="alert(2)">Ada</b>' });
    const bo = await openTab({ room: 'markup', name: 'Bo' });
    await Promise.all([ada.untilState('live'), bo.untilState('live')]);

    await ada.say(script);
    await bo.untilSaid(script);
    await ada.say(image);
    await bo.untilSaid(image);

    expect(await bo.texts()).toEqual([script, image]);
    expect(await bo.at('message-name').first().textContent()).toBe('<b onclick="alert(2)">Ada</b>');
    const elements = bo.at('message-log').locator('script, img, b');
    expect(await elements.count()).toBe(0);
    expect(await bo.page.evaluate('globalThis.broken')).toBeUndefined();
  });

  test('a text that is too long cannot be sent, and the page says so', async () => {
    const ada = await openTab({ room: 'too-long', name: 'Ada' });
    await ada.at('message-input').fill('x'.repeat(4_001));
    await ada.at('message-length').getByText('4001 of 4000').waitFor();
    expect(await ada.at('send').isDisabled()).toBe(true);
    await ada.at('message-input').fill('x'.repeat(4_000));
    expect(await ada.at('send').isEnabled()).toBe(true);
  });
});

describe('names', () => {
  test('a visitor reads without a name, chooses one, and keeps it', async () => {
    await sendToRoom(chat.url, 'names', 'already here');
    const tab = await openTab({ room: 'names' });
    await tab.untilSaid('already here');
    expect(await tab.at('message-input').count()).toBe(0);

    await tab.at('name-save').click();
    await tab.at('name-error').getByText('1 to 64 characters').waitFor();
    await tab.at('name-input').fill('Ada');
    await tab.at('name-input').press('Enter');
    await tab.say('by Ada');
    await tab.untilSaid('by Ada');

    await tab.page.reload();
    await tab.untilSaid('by Ada');
    expect(await tab.at('own-name').textContent()).toBe('Ada');
    await tab.at('change-name').click();
    await tab.at('name-input').fill('Countess');
    await tab.at('name-save').click();
    await tab.say('by the countess');
    await tab.untilSaid('by the countess');
    expect(await tab.at('message-name').allTextContents()).toEqual(['Sender', 'Ada', 'Countess']);
  });
});

describe('rooms', () => {
  test('a URL without a room leads to the lobby', async () => {
    const tab = await openTab({ name: 'Ada' });
    await tab.goto('/');
    await tab.untilState('live');
    expect(tab.page.url()).toBe(`${chat.url}/#/lobby`);
    expect(await tab.page.title()).toBe('Birdsong');
  });

  test('two rooms do not mix, and changing the hash changes the room', async () => {
    const ada = await openTab({ room: 'north', name: 'Ada' });
    const bo = await openTab({ room: 'south', name: 'Bo' });
    await Promise.all([ada.untilState('live'), bo.untilState('live')]);
    await ada.say('said in the north');
    await ada.untilSaid('said in the north');
    await bo.say('said in the south');
    await bo.untilSaid('said in the south');
    expect(await ada.texts()).toEqual(['said in the north']);
    expect(await bo.texts()).toEqual(['said in the south']);

    const oldStreamClosed = ada.page.waitForEvent('requestfailed', {
      predicate: (request) => request.url().includes('/channels/chat.north/events'),
    });
    await ada.page.evaluate("location.hash = '#/south'");
    await ada.untilSaid('said in the south');
    await oldStreamClosed;
    expect(await ada.texts()).toEqual(['said in the south']);
    await sendToRoom(chat.url, 'north', 'for nobody here');
    await bo.say('welcome');
    await ada.untilSaid('welcome');
    expect(await ada.texts()).toEqual(['said in the south', 'welcome']);

    await ada.page.goBack();
    await ada.untilSaid('for nobody here');
    expect(await ada.texts()).toEqual(['said in the north', 'for nobody here']);
  });

  test('a draft waits in its room', async () => {
    const ada = await openTab({ room: 'drafts', name: 'Ada' });
    await ada.at('message-input').fill('half a thou');
    await ada.at('room-input').fill('elsewhere');
    await ada.at('room-input').press('Enter');
    await ada.at('room-title').getByText('elsewhere').waitFor();
    expect(await ada.written()).toBe('');
    await ada.at('room-link').getByText('drafts').click();
    await ada.at('room-title').getByText('drafts').waitFor();
    expect(await ada.written()).toBe('half a thou');
  });

  test.each(['no.dots', 'no/slashes', 'no spaces', 'ä', 'x'.repeat(101)])(
    'the page says that %j is not a valid room',
    async (room) => {
      const tab = await openTab({ room: encodeURIComponent(room), name: 'Ada' });
      await tab.at('bad-room').getByText('1 to 100 characters').waitFor();
      await tab.at('room-input').fill(room);
      await tab.at('room-go').click();
      await tab.at('room-error').getByText('1 to 100 characters').waitFor();
      await tab.at('room-input').fill('a_good-one:1');
      await tab.at('room-go').click();
      await tab.untilState('live');
      expect(tab.page.url()).toBe(`${chat.url}/#/a_good-one:1`);
    },
  );
});

describe('reading', () => {
  test('a newcomer sees the last fifty messages and loads older ones', async () => {
    await sendToRoom(chat.url, 'history', ...numbers(1, 120));
    const tab = await openTab({ room: 'history', name: 'Ada' });
    await tab.untilSaid('number 120');
    expect(await tab.texts()).toEqual(numbers(71, 120));

    // A mouse click would scroll up first, which alone loads older messages.
    await tab.at('load-older').dispatchEvent('click');
    await tab.untilSaid('number 21');
    expect(await tab.texts()).toEqual(numbers(21, 120));
    await tab.at('load-older').dispatchEvent('click');
    await tab.at('log-beginning').getByText('The conversation begins here.').waitFor();
    expect(await tab.texts()).toEqual(numbers(1, 120));
  });

  test('scrolling up loads older messages and keeps the place', async () => {
    await sendToRoom(chat.url, 'scroll-up', ...numbers(1, 80));
    const tab = await openTab({ room: 'scroll-up', name: 'Ada' });
    await tab.untilSaid('number 80');
    const log = tab.at('message-log');
    await tab.scrollTo(0);
    await tab.untilSaid('number 1');
    const place = await tab.said('number 31').boundingBox();
    const frame = await log.boundingBox();
    expect(place?.y).toBeGreaterThan(frame?.y ?? 0);
    expect(place?.y).toBeLessThan((frame?.y ?? 0) + 200);
  });

  test('the log follows the newest message, but not while the reader looks back', async () => {
    await sendToRoom(chat.url, 'follow', ...numbers(1, 50));
    const tab = await openTab({ room: 'follow', name: 'Ada' });
    const log = tab.at('message-log');
    const inSight = async (text: string): Promise<boolean> => {
      const [frame, message] = [await log.boundingBox(), await tab.said(text).boundingBox()];
      if (frame === null || message === null) return false;
      return message.y >= frame.y && message.y + message.height <= frame.y + frame.height;
    };
    await tab.untilSaid('number 50');
    expect(await inSight('number 50')).toBe(true);

    await tab.scrollTo(300);
    await tab.at('show-newest').waitFor();
    const place = await tab.said('number 10').boundingBox();
    await sendToRoom(chat.url, 'follow', ...numbers(51, 53));
    await tab.at('show-newest').getByText('3 new messages').waitFor();
    expect(await tab.said('number 10').boundingBox()).toEqual(place);

    await tab.at('show-newest').click();
    await tab.at('show-newest').waitFor({ state: 'detached' });
    expect(await inSight('number 53')).toBe(true);
    await sendToRoom(chat.url, 'follow', 'number 54');
    await tab.untilSaid('number 54');
    expect(await inSight('number 54')).toBe(true);
  });
});
