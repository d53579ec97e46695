export const FIRST_ROOM = 'lobby';
export const ROOM_NAME_LIMIT = 100;
export const ROOM_NAME_RULE = `A room’s name has 1 to ${ROOM_NAME_LIMIT} characters: the letters A–Z and a–z, digits, “_”, “-” and “:”.`;

export function isRoomName(text: string): boolean {
  return text.length <= ROOM_NAME_LIMIT && /^[A-Za-z0-9_:-]+$/.test(text);
}

export function channelOf(room: string): string {
  return `chat.${room}`;
}

export function hashOf(room: string): string {
  return `#/${room}`;
}

/** What the hash asks for, even if it is no valid room name. Empty if it asks for nothing. */
export function roomOf(hash: string): string {
  const text = hash.replace(/^#\/?/, '');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
