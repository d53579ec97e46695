import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { BirdsongNode } from '../harness/birdsong-node.js';
import { startChromium } from '../harness/chromium.js';
import { ChatTab, type ChatTabOptions } from './chat-tab.js';

interface ChatTabs {
  /** The server's. */
  readonly url: string;
  /** The tab is closed when the test ends, which fails if the page had a fault. */
  open(options: ChatTabOptions): Promise<ChatTab>;
}

/** A server and a browser for all tests of a file. */
export function chatTabs(): ChatTabs {
  let browser: Browser;
  let node: BirdsongNode;
  let tabs: ChatTab[] = [];

  beforeAll(async () => {
    [browser, node] = await Promise.all([startChromium(), BirdsongNode.start()]);
  });

  afterEach(async () => {
    const faults = tabs.flatMap((tab) => tab.faults);
    await Promise.all(tabs.map((tab) => tab.close()));
    tabs = [];
    expect(faults).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
    await node.stop();
  });

  return {
    get url() {
      return node.url;
    },
    async open(options) {
      const tab = await ChatTab.open(browser, node.url, options);
      tabs.push(tab);
      return tab;
    },
  };
}
