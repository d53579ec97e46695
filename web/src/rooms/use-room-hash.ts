import { onScopeDispose, ref, type Ref } from 'vue';
import { FIRST_ROOM, hashOf, isRoomName, roomOf } from './room-name.js';

/** The room that the URL asks for. It may not be a valid room. */
export function useRoomHash(): Readonly<Ref<string>> {
  const room = ref(FIRST_ROOM);

  function follow(): void {
    const asked = roomOf(location.hash) || FIRST_ROOM;
    // Replaced, not pushed, so that the back button does not return to the redirect.
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
