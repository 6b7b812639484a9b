/**
 * Something in a payload that may name a configuration item. The alerts module collects them, best evidence first is not
 * its business: the binding rules weigh them.
 */
export interface CiReference {
  /** As sent: an ARM id, a resource name, a host name, an FQDN or an IP address. */
  value: string;
  /** Path of the payload field, such as `data.essentials.alertTargetIDs[0]`. */
  source: string;
  /**
   * `item` = the payload says "this is the affected configuration item" (configurationItems, a Computer or _ResourceId
   * dimension, a backup's linked resource …); `target` = the rule's target, which may be a mere container of the item.
   */
  role: 'item' | 'target';
  /** The payload says that it is a machine (a Computer dimension): no container is meant, however it is called. */
  isMachine?: boolean;
}
