import { PageQuery } from '../../common/pagination';
import { IsListOf } from '../../common/validators';
import { WORK_ITEM_STATES, type WorkItemState } from '../lifecycle.rules';

/** Filters of the work items of a configuration item. */
export class WorkItemsOfItemQuery extends PageQuery {
  /** Any of these states. */
  @IsListOf(WORK_ITEM_STATES)
  state?: WorkItemState[];
}
