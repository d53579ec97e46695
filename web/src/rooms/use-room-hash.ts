import { onScopeDispose, ref, type Ref } from 'vue';
import { FIRST_ROOM, hashOf, isRoomName, roomOf } from './room-name.js';

/** The room that the address asks for; it may be none that can be. */
export function useRoomHash(): Readonly<Ref<string>> {
  const room = ref(FIRST_ROOM);

  function follow(): void {
    const asked = roomOf(location.hash) || FIRST_ROOM;
    // Replaced, not pushed: the back button must not come back to the redirect.
    if (isRoomName(asked) && location.hash !== hashOf(asked)) {
      history.replaceState(null, '', hashOf(asked));
    }
    room.value = asked;
  }

  follow();
  window.addEventListener('hashchange', follow);
  onScopeDispose(() => window.removeEventListener('hashchange', follow));
  return room;
}
