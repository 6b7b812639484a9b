import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../../common/error-message.rules';
import { unavailable } from '../../common/errors';
import { PeriodicTask } from '../../common/periodic-task';
import { Transactions } from '../../common/transactions';
import { inOrder } from './route.rules';
import type { RoutingRule } from './routing-rule';
import { RoutingRuleEntity } from './routing-rule.entity';

/** A change on another instance is seen after this at the latest; 5 s are promised. */
const POLL_MS = 3_000;

/**
 * The routing rules, in memory, in the order in which they are tried. While the database is away the last known ones go on
 * being used. They are there before anything starts at bootstrap: a spooled alert may be waiting for them.
 */
@Injectable()
export class RoutingRules implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RoutingRules.name);
  private readonly poll = new PeriodicTask(
    () => this.load(),
    (error) => this.failed(error),
  );
  private rules: readonly RoutingRule[] | null = null;
  private failing = false;

  constructor(private readonly transactions: Transactions) {}

  async onModuleInit(): Promise<void> {
    await this.poll.run();
    this.poll.start(POLL_MS);
  }

  onApplicationShutdown(): void {
    this.poll.stop();
  }

  /** The rules, in order; 503 when they could never be read: without them an alert would go another way. */
  current(): readonly RoutingRule[] {
    if (this.rules === null)
      throw unavailable('routing_rules_unavailable', 'The routing rules have not been read yet.');
    return this.rules;
  }

  /** Reads the rules now; for the instance that changed them. */
  refresh(): Promise<void> {
    return this.poll.run();
  }

  private async load(): Promise<void> {
    const rules = await this.transactions.run((tx) => tx.find(RoutingRuleEntity));
    this.rules = inOrder(rules);
    if (this.failing) this.logger.log('The routing rules can be read again.');
    this.failing = false;
  }

  private failed(error: unknown): void {
    if (!this.failing) this.logger.warn(`The routing rules can't be read: ${messageOf(error)}`);
    this.failing = true;
  }
}
