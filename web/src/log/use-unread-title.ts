import { onScopeDispose, watch } from 'vue';

const TITLE = 'Birdsong';

/** Shows in the title how many messages came while the tab was hidden. `newsCount` counts all messages. */
export function useUnreadTitle(newsCount: () => number): void {
  let count = 0;

  function show(): void {
    document.title = count === 0 ? TITLE : `(${count}) ${TITLE}`;
  }

  function onVisibility(): void {
    if (document.hidden) return;
    count = 0;
    show();
  }

  watch(newsCount, (now, before) => {
    if (!document.hidden) return;
    count += now - before;
    show();
  });

  document.addEventListener('visibilitychange', onVisibility);
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', onVisibility);
    document.title = TITLE;
  });
}
