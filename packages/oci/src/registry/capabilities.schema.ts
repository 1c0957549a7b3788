import * as z from 'zod'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'

/** What was measured of one ability. */
export interface Capability {
  /** `unknown` where it could not be measured. */
  readonly answer: 'yes' | 'no' | 'unknown'
  /** What was seen, or why nothing could be. */
  readonly evidence: string
}

/** What a repository's registry was seen to do. Plain JSON. */
export interface RepositoryCapabilities {
  /** `registry/repository`. */
  readonly repository: string
  /** ISO 8601. */
  readonly measuredAt: string
  /** ISO 8601. Later a client does not go by it any more. */
  readonly expiresAt: string
  /** Whether something was written in order to find out. */
  readonly mode: 'read-only' | 'read-write'
  /** Answers `OCI-Subject` to a manifest with a subject. */
  readonly subjectHeader: Capability
  /** Answers the referrers API with an index. */
  readonly referrersApi: Capability
  /** Lists a referrer there right after its push. */
  readonly referrersListed: Capability
  /** Filters that list by `artifactType`, and says so, without losing what matches. */
  readonly referrersFilter: Capability
  /** Honours `If-Match` on a tag: refuses what does not hold and accepts what does. */
  readonly conditionalWrites: Capability
  /** Mounts a blob with `from`, here from the repository itself unless the probe was given another one. */
  readonly mountFrom: Capability
  /** Mounts a blob without `from`. */
  readonly mountAnonymous: Capability
  /** Takes an upload in pieces (PATCH). */
  readonly chunkedUpload: Capability
  /** What it says about its shortest piece (`OCI-Chunk-Min-Length`), in bytes. */
  readonly minChunkBytes?: number | undefined
  /** Deletes a tag and keeps its manifest. */
  readonly tagDelete: Capability
  /** Deletes a manifest by digest. */
  readonly manifestDelete: Capability
  /** Keeps blobs under their sha512 digest. */
  readonly sha512Blobs: Capability
  /** Tags and digests that the probe wrote and could not delete again. */
  readonly left: readonly string[]
}

const capability = z.object({
  answer: z.enum(['yes', 'no', 'unknown']),
  evidence: z.string().max(2000),
})

const capabilitiesSchema: z.ZodType<RepositoryCapabilities> = z.object({
  repository: z.string().min(1).max(600),
  measuredAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  mode: z.enum(['read-only', 'read-write']),
  subjectHeader: capability,
  referrersApi: capability,
  referrersListed: capability,
  referrersFilter: capability,
  conditionalWrites: capability,
  mountFrom: capability,
  mountAnonymous: capability,
  chunkedUpload: capability,
  minChunkBytes: z.number().int().nonnegative().optional(),
  tagDelete: capability,
  manifestDelete: capability,
  sha512Blobs: capability,
  left: z.array(z.string().max(300)).max(100),
})

const maxChars = 256 * 1024

/**
 * Reads what `JSON.stringify` made of {@link RepositoryCapabilities}.
 *
 * @throws {OciError} `CAPABILITIES_INVALID` when it is something else.
 */
export function parseCapabilities(text: string): RepositoryCapabilities {
  let value: unknown
  try {
    value = text.length > maxChars ? undefined : JSON.parse(text)
  } catch {
    value = undefined
  }
  const result = capabilitiesSchema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new OciError(
    'CAPABILITIES_INVALID',
    `not the capabilities of a repository: ${printable(`${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, 200)}`,
  )
}
