import { onScopeDispose, ref, watch, type Ref } from 'vue';

/** Whether the list of rooms is open over the page, on screens too narrow to show it beside. */
export function useMenu(onOpen: () => void): Ref<boolean> {
  const open = ref(false);
  const wide = matchMedia('(width >= 48rem)');

  function close(): void {
    open.value = false;
  }

  watch(
    open,
    (opened) => {
      if (opened) onOpen();
    },
    { flush: 'post' },
  );
  wide.addEventListener('change', close);
  onScopeDispose(() => wide.removeEventListener('change', close));
  return open;
}
