import type { AcceptedSigners } from '@sallyport/attest'

/** Both keys count until the old one is retired; after that only what it signed before, as far as times prove it. */
export function rotatingKeys(oldKey: string, retired: Date, nextKey: string): AcceptedSigners {
  return { keys: [nextKey, { pem: oldKey, validFor: { end: retired } }] }
}
