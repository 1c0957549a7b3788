import { type Digest, isDigest } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import { matchWildcard } from '../match-wildcard.ts'
import type { ImmutableTagRefusal } from '../quirks/manifest-quirks.ts'
import type { RepositoryRecord } from '../storage/catalogue.ts'
import type { ManifestEntry } from './parse-manifest.ts'
import type { HandlerInput } from './registry-context.ts'

/** Refuses a manifest whose blobs or children are missing or have another size. */
export function checkChildren(
  { context, repository }: HandlerInput,
  blobs: readonly ManifestEntry[],
  children: readonly ManifestEntry[],
): void {
  const record = context.catalogue.get(repository)
  const check = ({ digest, size, external }: ManifestEntry, stored: number | undefined) => {
    if (stored === undefined && external) return
    if (stored === undefined) {
      throw new RegistryFault(
        context.quirks.missingChildStatus,
        'MANIFEST_BLOB_UNKNOWN',
        `${digest} is not in ${repository}`,
        { detail: { digest } },
      )
    }
    if (stored !== size) {
      const message = `${digest} has ${stored} bytes, the manifest says ${size}`
      throw new RegistryFault(400, 'MANIFEST_INVALID', message)
    }
  }
  for (const blob of blobs) check(blob, record?.blobs.get(blob.digest))
  for (const child of children) check(child, record?.manifests.get(child.digest)?.size)
}

/** Refuses a change that the request's own conditions or the tag's immutability forbid. */
export function checkConditions(
  { headers, context }: HandlerInput,
  reference: string,
  record: RepositoryRecord,
): void {
  const { quirks } = context
  const current = currentDigest(record, reference)
  if (quirks.conditionalRequests) {
    const ifMatch = headers['if-match']
    const failed =
      (ifMatch !== undefined && (current === undefined || !matchesEtag(ifMatch, current))) ||
      (current !== undefined && matchesEtag(headers['if-none-match'], current))
    if (failed) throw new RegistryFault(412, 'DENIED', `${reference} is at ${current ?? 'nothing'}`)
  }
  if (!quirks.immutableTags || isDigest(reference) || current === undefined) return
  if (quirks.immutableTagsExcept.some((pattern) => matchWildcard(pattern, reference))) return
  const [status, code] = refusals[quirks.immutableTagRefusal]
  throw new RegistryFault(status, code, `tag ${reference} is immutable`)
}

const refusals = {
  conflict: [409, 'DENIED'],
  'tag-invalid': [400, 'TAG_INVALID'],
  precondition: [412, 'PRECONDITION'],
} as const satisfies Record<ImmutableTagRefusal, readonly [number, string]>

function currentDigest(record: RepositoryRecord, reference: string): Digest | undefined {
  if (!isDigest(reference)) return record.tags.get(reference)
  return record.manifests.has(reference) ? reference : undefined
}

/** Whether an `If-Match` or `If-None-Match` list names the digest (RFC 9110, 13.1). */
export function matchesEtag(header: string | undefined, digest: Digest): boolean {
  if (header === undefined) return false
  return header.split(',').some((part) => {
    const tag = part.trim().replace(/^W\//, '')
    return tag === '*' || tag === `"${digest}"` || tag === digest
  })
}
