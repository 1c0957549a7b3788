/** Steps of a promotion, in their order. */
export const stepNames = [
  'resolve',
  'inventory',
  'scan',
  'harden',
  'rescan',
  'decide',
  'quarantine',
  'push',
  'attest',
  'verify',
  'publish',
  'record',
] as const

/** Name of a step of a promotion. */
export type StepName = (typeof stepNames)[number]
