import type { StorageMode } from '@sallyport/attest'
import type { Settings } from '../settings/settings.ts'
import { signsAsIdentity } from './identity.ts'
import type { KeyOption } from './signer.ts'

/** How evidence is stored: by default as bundles alone where one of the signers is an identity, as gates do. */
export function evidenceModeOf(settings: Settings, keys: readonly KeyOption[]): StorageMode {
  const isChosen = settings.find('evidence-mode')?.origin.from !== 'default'
  return isChosen || !signsAsIdentity(settings, keys)
    ? (settings.required('evidence-mode') as StorageMode)
    : 'bundle'
}
