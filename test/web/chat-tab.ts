import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

export interface ChatTabOptions {
  /** Default: `lobby`. */
  room?: string;
  /** Left out, the page asks for one. */
  name?: string;
}

/** The chat page in a browser profile of its own, as one person has it open. */
export class ChatTab {
  /** What must not happen: uncaught errors, dialogs, and violations of the page's CSP. */
  readonly faults: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
    private readonly url: string,
  ) {
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('dialog', (dialog) => {
      this.faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) this.faults.push(message.text());
    });
  }

  static async open(browser: Browser, url: string, options: ChatTabOptions = {}): Promise<ChatTab> {
    const context = await browser.newContext();
    const tab = new ChatTab(context, await context.newPage(), url);
    if (options.name !== undefined) {
      const name = JSON.stringify(options.name);
      await context.addInitScript(`localStorage.getItem('birdsong.name') ??
        localStorage.setItem('birdsong.name', ${name})`);
    }
    await tab.goto(`/#/${options.room ?? 'lobby'}`);
    return tab;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(`${this.url}${path}`);
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  at(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** A message with exactly this text. */
  said(text: string): Locator {
    return this.at('message').filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Resolves when the page shows this connection state. */
  async untilState(state: 'connecting' | 'live' | 'reconnecting' | 'offline'): Promise<void> {
    await this.page.locator(`[data-testid="connection-state"][data-state="${state}"]`).waitFor();
  }

  /** Resolves when the text is in the log. */
  async untilSaid(text: string): Promise<void> {
    await this.said(text).first().waitFor();
  }

  /** Resolves when nothing waits to be sent. */
  async untilSent(): Promise<void> {
    await this.at('outgoing-message').last().waitFor({ state: 'detached' });
  }

  /** The texts in the log, from the oldest to the newest. */
  async texts(): Promise<string[]> {
    return this.at('message-text').allTextContents();
  }

  /** Types and sends with the keyboard, without waiting for the result. */
  async say(text: string): Promise<void> {
    await this.at('message-input').fill(text);
    await this.at('message-input').press('Enter');
  }

  /** Scrolls the log to so many pixels from its top. */
  async scrollTo(top: number): Promise<void> {
    await this.at('message-log').evaluate((log: { scrollTop: number }, to) => {
      log.scrollTop = to;
    }, top);
  }

  /** The text in the message box. */
  async written(): Promise<string> {
    return this.at('message-input').inputValue();
  }
}
