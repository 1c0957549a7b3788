import type { Admission } from './admission.ts'
import type { AdmissionOptions } from './admission-options.ts'

/** Makes an admission. */
export function createAdmission(options: AdmissionOptions): Admission {
  throw new Error(`not yet: ${options.policy.source}`)
}
