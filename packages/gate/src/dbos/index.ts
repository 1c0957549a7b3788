export type {
  Engine,
  EnqueueOptions,
  JobFilter,
  JobHandle,
  JobState,
  PromotionJob,
  ResultOptions,
} from '../engine/engine.ts'
export { fromErrorData, type GateErrorData } from '../engine/error-data.ts'
export type { PromotionResult } from '../engine/promotion-result.ts'
export { dbosEngine } from './dbos-engine.ts'
export type { DbosEngineOptions, RegistryLimits } from './options.ts'
