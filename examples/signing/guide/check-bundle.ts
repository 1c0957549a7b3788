import { readFile } from 'node:fs/promises'
import { type BundleVerdict, verifyBundle } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'

/** Whether a bundle from a file is about this digest and by this key. */
export async function checkBundle(file: string, about: Digest, publicKey: string): Promise<BundleVerdict> {
  return verifyBundle(await readFile(file), { digest: about }, { keys: [publicKey] })
}
