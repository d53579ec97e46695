import { onScopeDispose, ref, type Ref } from 'vue';

/** Whether the browser is online. `onBack` is called when it is online again. */
export function useOnline(onBack: () => void): Readonly<Ref<boolean>> {
  const online = ref(navigator.onLine);

  function follow(): void {
    online.value = navigator.onLine;
    if (online.value) onBack();
  }

  window.addEventListener('online', follow);
  window.addEventListener('offline', follow);
  onScopeDispose(() => {
    window.removeEventListener('online', follow);
    window.removeEventListener('offline', follow);
  });
  return online;
}
