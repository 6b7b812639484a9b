import { assignmentStep } from './assignment-step.rules';
import { bindingStep } from './binding-step.rules';
import type { Dossier, Reader, Step } from './dossier';
import { deliveryStep, identityStep, placementStep } from './origin-steps.rules';
import { priorityStep } from './priority-step.rules';
import { routingStep } from './routing-step.rules';
import { stateStep } from './state-step.rules';

/**
 * The way from a delivery to what a work item is now, step by step; what never happened to it says so. Of rules and callers it
 * says what its reader may know.
 */
export function explanationOf(dossier: Dossier, reader: Reader): Step[] {
  return [
    deliveryStep(dossier, reader),
    identityStep(dossier),
    placementStep(dossier),
    routingStep(dossier, reader),
    bindingStep(dossier),
    priorityStep(dossier),
    assignmentStep(dossier),
    stateStep(dossier),
  ];
}
