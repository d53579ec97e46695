import { ref, type Ref } from 'vue';
import { readStored, writeStored } from '../storage.js';
import { FIRST_ROOM, isRoomName } from './room-name.js';

const KEY = 'birdsong.rooms';
const LIMIT = 12;

function storedRooms(): string[] {
  const rooms = (readStored(KEY) ?? '').split(' ').filter(isRoomName);
  return [...new Set([FIRST_ROOM, ...rooms])].slice(0, LIMIT);
}

interface RecentRooms {
  readonly rooms: Readonly<Ref<readonly string[]>>;
  readonly visit: (room: string) => void;
}

/** The rooms this browser has been in, kept in the order of the first visit. */
export function useRecentRooms(): RecentRooms {
  const rooms = ref<readonly string[]>(storedRooms());

  function visit(room: string): void {
    if (!isRoomName(room) || rooms.value.includes(room)) return;
    const others = rooms.value.filter((other) => other !== FIRST_ROOM);
    rooms.value = [FIRST_ROOM, ...others.slice(-(LIMIT - 2)), room];
    writeStored(KEY, rooms.value.join(' '));
  }

  return { rooms, visit };
}
