/** Functions of a child process that its parent calls by name, with one argument that JSON can hold. */
export type Commands<C> = { [Name in keyof C]: (argument: never) => unknown };

export interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** What a child sends once it can be called. */
export interface Ready {
  readonly ready: unknown;
}

/** Runs in the child: answers the parent's calls, and exits when the parent is gone. */
export function answerCalls<C extends Commands<C>>(commands: C, ready: unknown): void {
  process.on('message', (call: Call) => {
    void answer(commands, call).then((result) => process.send?.(result));
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.({ ready } satisfies Ready);
}

async function answer<C extends Commands<C>>(commands: C, call: Call): Promise<Answer> {
  try {
    const command: (argument: never) => unknown = commands[call.name as keyof C];
    return { id: call.id, value: await command(call.argument as never) };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { id: call.id, error: text };
  }
}
