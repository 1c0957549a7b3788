import { type Digest, parseDigest } from '@sallyport/core'
import type { VexProduct } from './vex-document.ts'

/** Names of hash algorithms in OpenVEX, CSAF and CycloneDX that image digests are made with. */
const algorithms: ReadonlyMap<string, string> = new Map([
  ['sha256', 'sha256'],
  ['sha-256', 'sha256'],
  ['sha512', 'sha512'],
  ['sha-512', 'sha512'],
])

/** Makes a product of the ids and hashes that a document gives it. What is no purl and no digest only names it. */
export function toProduct(
  ids: readonly (string | undefined)[],
  hashes: Iterable<readonly [algorithm: string, value: string]> = [],
): Omit<VexProduct, 'subcomponents'> {
  const given = ids.filter((id) => id !== undefined && id !== '') as string[]
  const digests = [...hashes].flatMap(([algorithm, value]) => toDigestOf(algorithm, value) ?? [])
  return {
    purls: [...new Set(given.filter((id) => id.startsWith('pkg:')))],
    digests: [...new Set(digests)],
    name: given[0] ?? digests[0] ?? 'a product without a name',
  }
}

function toDigestOf(algorithm: string, value: string): Digest | undefined {
  const known = algorithms.get(algorithm.toLowerCase())
  if (known === undefined) return undefined
  try {
    return parseDigest(`${known}:${value.toLowerCase()}`)
  } catch {
    return undefined
  }
}
