import { DataSource, type EntityManager } from 'typeorm';

/** The service's data source, with what is known of its server only once it is connected. */
export class ServiceDataSource extends DataSource {
  /**
   * The server is a node of a Galera cluster: a row that is locked there is free on every other node. What two nodes wrote at once
   * is found out at the commit, and one of them fails with a deadlock; what was only read is not looked at.
   */
  locksAreLocal = false;

  /** From now on a server that is silent about a statement is waited for only as long as a service may that is about to end. */
  hurry: () => void = () => undefined;
}

/** Whether a decision has to write the rows that it locked, see {@link ServiceDataSource.locksAreLocal}. */
export function locksAreLocal({ dataSource }: Pick<EntityManager, 'dataSource'>): boolean {
  return dataSource instanceof ServiceDataSource && dataSource.locksAreLocal;
}
