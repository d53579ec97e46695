import { nextTick, onBeforeUnmount, onMounted, watch, type Ref } from 'vue';

/** A reader that scrolls this close to the bottom follows again. */
const BOTTOM_PX = 32;
const TOP_PX = 80;

interface LogScroll {
  readonly toBottom: () => void;
}

/**
 * Keeps the newest message in sight while the reader follows, and what is read in its place while not,
 * whatever comes or goes above it. `rows`, in `scroller`, holds the messages.
 */
export function useLogScroll(
  scroller: Readonly<Ref<HTMLElement | null>>,
  rows: Readonly<Ref<HTMLElement | null>>,
  following: Ref<boolean>,
  content: () => unknown,
  onTop: () => void,
): LogScroll {
  // The ref of a model changes only after the parent has rendered.
  let follows = following.value;
  let lastTop = 0;
  let observer: ResizeObserver | undefined;

  function follow(value: boolean): void {
    follows = value;
    following.value = value;
  }

  function toBottom(): void {
    const log = scroller.value;
    follow(true);
    if (log !== null) moveTo(log, log.scrollHeight);
  }

  function moveTo(log: HTMLElement, top: number): void {
    log.scrollTop = top;
    lastTop = log.scrollTop;
  }

  /** Even one pixel upwards means that the reader wants to look back, however fast messages come. */
  function onScroll(): void {
    const log = scroller.value;
    if (log === null) return;
    const below = log.scrollHeight - log.clientHeight - log.scrollTop;
    if (log.scrollTop < lastTop && below > 1) follow(false);
    else if (below <= 1 || (log.scrollTop > lastTop && below < BOTTOM_PX)) follow(true);
    lastTop = log.scrollTop;
    if (!follows && log.scrollTop < TOP_PX) onTop();
  }

  /** A message, not a divider, which may disappear when older messages come before it. */
  function firstVisible(log: HTMLElement): Element | undefined {
    const edge = log.getBoundingClientRect().top;
    const lines = Array.from(rows.value?.querySelectorAll(':scope > [data-id]') ?? []);
    return lines.find((line) => line.getBoundingClientRect().bottom > edge);
  }

  watch(content, async () => {
    const log = scroller.value;
    if (log === null) return;
    // The reader may have scrolled since the last scroll event.
    onScroll();
    const anchor = follows ? undefined : firstVisible(log);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    await nextTick();
    if (follows) {
      toBottom();
      return;
    }
    if (anchor?.isConnected === true) {
      moveTo(log, log.scrollTop + anchor.getBoundingClientRect().top - before);
    }
    onScroll();
  });

  onMounted(() => {
    const log = scroller.value;
    if (log === null) return;
    log.addEventListener('scroll', onScroll, { passive: true });
    // Keeps the newest message in sight when a phone's keyboard opens, the screen turns or the text box grows.
    observer = new ResizeObserver(() => {
      if (follows) toBottom();
    });
    observer.observe(log);
  });

  onBeforeUnmount(() => {
    scroller.value?.removeEventListener('scroll', onScroll);
    observer?.disconnect();
  });

  return { toBottom };
}
