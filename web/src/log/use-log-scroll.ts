import { nextTick, onBeforeUnmount, onMounted, watch, type Ref } from 'vue';

/** So near to the bottom counts as being there: scroll positions are fractions. */
const BOTTOM_PX = 32;
const TOP_PX = 80;

interface LogScroll {
  readonly toBottom: () => void;
}

/**
 * Keeps the newest message in sight while the reader follows, and what is read in its place while not,
 * whatever comes or goes above it. `rows` is the child of `scroller` whose children are the lines.
 */
export function useLogScroll(
  scroller: Readonly<Ref<HTMLElement | null>>,
  rows: Readonly<Ref<HTMLElement | null>>,
  following: Ref<boolean>,
  content: () => unknown,
  onTop: () => void,
): LogScroll {
  let observer: ResizeObserver | undefined;

  function toBottom(): void {
    following.value = true;
    scroller.value?.scrollTo({ top: scroller.value.scrollHeight });
  }

  function onScroll(): void {
    const log = scroller.value;
    if (log === null) return;
    following.value = log.scrollHeight - log.clientHeight - log.scrollTop < BOTTOM_PX;
    if (!following.value && log.scrollTop < TOP_PX) onTop();
  }

  function firstVisible(log: HTMLElement): Element | undefined {
    const edge = log.getBoundingClientRect().top;
    const lines = Array.from(rows.value?.children ?? []);
    return lines.find((line) => line.getBoundingClientRect().bottom > edge);
  }

  watch(content, async () => {
    const log = scroller.value;
    if (log === null) return;
    const anchor = following.value ? undefined : firstVisible(log);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    await nextTick();
    if (following.value) {
      toBottom();
      return;
    }
    if (anchor?.isConnected === true) {
      log.scrollTop += anchor.getBoundingClientRect().top - before;
    }
    onScroll();
  });

  onMounted(() => {
    const log = scroller.value;
    if (log === null) return;
    log.addEventListener('scroll', onScroll, { passive: true });
    // A phone's keyboard, a turned screen, a growing text box: the newest message stays in sight.
    observer = new ResizeObserver(() => {
      if (following.value) toBottom();
    });
    observer.observe(log);
  });

  onBeforeUnmount(() => {
    scroller.value?.removeEventListener('scroll', onScroll);
    observer?.disconnect();
  });

  return { toBottom };
}
