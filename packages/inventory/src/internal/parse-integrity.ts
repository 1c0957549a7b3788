import type { PackageChecksum } from '../inventory.ts'

const lengths: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 }

/**
 * Reads checksums in the form of Subresource Integrity, `sha512-<base64>`, several of them apart by blanks. What is of
 * another form or of an algorithm that is not kept is left out.
 */
export function parseIntegrity(text: unknown): readonly PackageChecksum[] {
  if (typeof text !== 'string' || text.length > 2_000) return []
  return text.split(/\s+/).flatMap((part) => {
    const match = /^(sha1|sha256|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?|$)/.exec(part)
    if (!match) return []
    const algorithm = match[1] as 'sha1' | 'sha256' | 'sha512'
    const bytes = Buffer.from(match[2]!, 'base64')
    return bytes.byteLength === lengths[algorithm] ? [{ algorithm, value: bytes.toString('hex') }] : []
  })
}
