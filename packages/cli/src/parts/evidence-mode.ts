import type { StorageMode } from '@sallyport/attest'
import type { Settings } from '../settings/settings.ts'

/** How evidence is stored. */
export const evidenceModeOf = (settings: Settings): StorageMode =>
  settings.required('evidence-mode') as StorageMode

/** The same for a program; `undefined` for the default. */
export const codeEvidenceMode = (settings: Settings): StorageMode | undefined => {
  const mode = evidenceModeOf(settings)
  return mode === 'both' ? undefined : mode
}
