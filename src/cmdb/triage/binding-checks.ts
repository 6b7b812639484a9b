/** The task of the schedule that looks again for what could not be bound; whoever changes the CMDB wakes it. */
export const BINDING_CHECKS = 'binding-checks';
