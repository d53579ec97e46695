import { createHash } from 'node:crypto';

/** What the broker and the nodes know of a ticket: who reads it cannot redeem it. */
export const ticketIdOf = (ticket: string): string =>
  createHash('sha256').update(ticket).digest('base64url');
