import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { Birdsong } from 'birdsong';
import { randomUUID } from 'node:crypto';
import { PROGRESS, type Order } from './order.js';

@Injectable()
export class OrdersService {
  private readonly orders = new Map<string, Order>();

  constructor(private readonly birdsong: Birdsong) {}

  place(customer: string): Promise<Order> {
    return this.save({ id: randomUUID(), customer, status: PROGRESS[0] });
  }

  /** Packs what is placed, ships what is packed. */
  advance(id: string): Promise<Order> {
    const order = this.get(id);
    const status = PROGRESS[PROGRESS.indexOf(order.status) + 1];
    if (!status) {
      throw new ConflictException('This order is on its way.');
    }
    return this.save({ ...order, status });
  }

  get(id: string): Order {
    const order = this.orders.get(id);
    if (!order) {
      throw new NotFoundException('There is no such order.');
    }
    return order;
  }

  private async save(order: Order): Promise<Order> {
    const { id, status } = order;
    await this.birdsong.publish(
      `orders.${id}`,
      { status },
      // The key lets a step that is tried twice be told once.
      { type: `order.${status}`, idempotencyKey: status },
    );
    this.orders.set(id, order);
    return order;
  }
}
