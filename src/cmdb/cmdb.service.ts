import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AlertBinding, AttachedCis, BindingLink, BindingRequest, WorkItemConfigurationItem } from './bound-ci';

/** The CMDB as the rest of the service sees it: which items do alerts name, and which items does a work item have. */
@Injectable()
export class CmdbService {
  /** Finds the configuration items of many alerts with one statement; ARM ids that the CMDB lacks get a stub. */
  bindAlerts(_tx: EntityManager, _requests: readonly BindingRequest[]): Promise<Map<string, AlertBinding>> {
    throw new Error('Not there yet.');
  }

  /** Puts alerts' items and open questions on their work items; the end state is the same for every order of alerts. */
  attach(_tx: EntityManager, _links: readonly BindingLink[]): Promise<Map<number, AttachedCis>> {
    throw new Error('Not there yet.');
  }

  /** The items of each work item, the primary one first. Work items without any are absent. */
  bindingsOf(_workItemIds: readonly number[]): Promise<Map<number, WorkItemConfigurationItem[]>> {
    throw new Error('Not there yet.');
  }
}
