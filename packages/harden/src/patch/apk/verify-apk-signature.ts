import { verify } from 'node:crypto'
import { HardenError } from '../../errors.ts'
import type { MemberFile } from './read-members.ts'

const signatureName = /^\.SIGN\.(RSA|RSA256|RSA512)\.([^/]{1,255})$/
const hashes: Readonly<Record<string, string>> = { RSA: 'sha1', RSA256: 'sha256', RSA512: 'sha512' }

/**
 * Checks the signatures of an index; one good one of a key that was given suffices. `RSA` signs a SHA-1 sum: what
 * Alpine's own indexes have.
 *
 * @param files - the first member of the file
 * @param signed - the bytes of the second, compressed
 * @throws {HardenError} `SIGNATURE_INVALID`, with the reason for each signature.
 */
export function verifyApkSignature(
  name: string,
  files: readonly MemberFile[],
  signed: Uint8Array,
  keys: Readonly<Record<string, string>>,
): void {
  const reasons: string[] = []
  for (const { entry, content } of files) {
    const [, kind, keyName] = signatureName.exec(entry.path) ?? []
    if (kind === undefined || keyName === undefined) continue
    const key = Object.hasOwn(keys, keyName) ? keys[keyName] : undefined
    if (key === undefined) {
      reasons.push(`no key ${JSON.stringify(keyName)} was given`)
      continue
    }
    try {
      if (verify(hashes[kind], signed, key, content)) return
      reasons.push(`the signature of ${JSON.stringify(keyName)} does not fit`)
    } catch (error) {
      reasons.push(`key ${JSON.stringify(keyName)}: ${(error as Error).message}`)
    }
  }
  const why = reasons.length > 0 ? reasons.join('; ') : 'it has none'
  throw new HardenError('SIGNATURE_INVALID', `${name}: no good signature by a given key: ${why}`)
}
