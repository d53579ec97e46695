/** What becomes of an order, in this order. */
export const PROGRESS = ['placed', 'packed', 'shipped'] as const;

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly status: (typeof PROGRESS)[number];
}
