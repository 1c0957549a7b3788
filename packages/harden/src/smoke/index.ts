export { chrootSmoke, type ChrootSmokeOptions } from './chroot-smoke.ts'
export {
  compareSmoke,
  type CompareSmokeOptions,
  normalizeOutput,
  type SmokeComparison,
} from './compare-smoke.ts'
export { dockerSmoke, type EngineSmokeOptions, podmanSmoke } from './engine-smoke.ts'
export {
  kubernetesJobSmoke,
  type KubernetesJobSmokeOptions,
  renderSmokeJob,
  type SmokeJob,
} from './kubernetes-job-smoke.ts'
export type { SmokeAnswer, SmokeCommand, SmokeRequest, SmokeResult, SmokeTest } from './smoke-test.ts'
