export type { Distro, DistroSupport } from '../inventory.ts'
export { distroSupport, distroSupportState, type DistroSupportState } from './distro-support.ts'
