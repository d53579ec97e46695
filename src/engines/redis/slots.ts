/** How many slots a Redis Cluster has. */
export const SLOT_COUNT = 16_384;

/** CRC-16/XMODEM of each byte. */
const CRC = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) {
    crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return crc;
});

/**
 * The slot of an ASCII hash tag.
 * See https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
 */
export function slotOf(tag: string): number {
  let crc = 0;
  for (let index = 0; index < tag.length; index++) {
    crc = ((crc << 8) & 0xffff) ^ (CRC[(crc >> 8) ^ tag.charCodeAt(index)] ?? 0);
  }
  return crc % SLOT_COUNT;
}
