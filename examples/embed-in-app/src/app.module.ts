import { Module } from '@nestjs/common';
import { BirdsongModule } from 'birdsong';
import { AccountsService } from './accounts/accounts.service.js';
import { OrdersController } from './orders/orders.controller.js';
import { OrdersService } from './orders/orders.service.js';

@Module({
  imports: [
    BirdsongModule.forRoot({
      // Nobody publishes or subscribes through Birdsong's own routes unless the policy says who may.
      channels: { 'orders.:id': { history: { count: 10 } } },
    }),
  ],
  controllers: [OrdersController],
  providers: [AccountsService, OrdersService],
})
export class AppModule {}
