import type { IncomingHttpHeaders } from 'node:http'
import { type Digest, isDigest } from '@sallyport/core'
import type { RegistryRequest } from '../recorded-request.ts'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryQuirks } from '../quirks/registry-quirks.ts'
import type { Catalogue, RepositoryRecord } from '../storage/catalogue.ts'
import type { ContentStorage, PendingContent } from '../storage/content-storage.ts'

/** A blob upload in progress. */
export interface UploadSession {
  readonly id: string
  readonly repository: string
  readonly content: PendingContent
  /** Changes with each accepted part; the location that names an older one is stale. */
  state: number
  /** Bytes of the parts so far, for the rules about parts. */
  readonly parts: number[]
  /** Settles when the request that uses the session ends; requests of one session run one after the other. */
  busy: Promise<unknown>
}

/** What all handlers share. */
export interface RegistryContext {
  readonly quirks: RegistryQuirks
  readonly storage: ContentStorage
  readonly catalogue: Catalogue
  readonly uploads: Map<string, UploadSession>
  /** How often the PUT of a manifest was answered with 429, by repository and reference. */
  readonly throttled: Map<string, number>
  /** Whether this registry can keep a repository of that name. */
  readonly acceptsName: (repository: string) => boolean
  /** `http://host:port`. */
  readonly origin: string
  /** The same server under another host name, for redirects. */
  readonly otherOrigin: string
  readonly maxManifestBytes: number
  readonly maxBlobBytes: number
}

/** One request with what its handler needs. */
export interface HandlerInput {
  readonly request: RegistryRequest
  readonly headers: IncomingHttpHeaders
  readonly body: AsyncIterable<Uint8Array>
  readonly context: RegistryContext
  readonly repository: string
  /** Last part of the path: tag, digest or upload id. */
  readonly argument: string
  /** Read tags as they were before they were moved last. */
  readonly staleTags: boolean
}

/** The record of a repository that must exist. */
export function requireRepository({ context, repository }: HandlerInput): RepositoryRecord {
  const record = context.catalogue.get(repository)
  if (!record) throw new RegistryFault(404, 'NAME_UNKNOWN', `repository ${repository} is not known`)
  return record
}

/** A digest from the path or query. */
export function requireDigest(text: string | null): Digest {
  if (isDigest(text)) return text
  throw new RegistryFault(400, 'DIGEST_INVALID', 'not a sha256 or sha512 digest')
}

/** The answer to a method that an endpoint does not have. */
export function methodNotAllowed({ request }: HandlerInput): never {
  throw new RegistryFault(405, 'UNSUPPORTED', `${request.method} is not supported here`)
}

/** A location as this registry writes it: a path, or with scheme and host by quirk. */
export function locationOf({ quirks, origin }: RegistryContext, path: string): string {
  return quirks.absoluteLocations ? `${origin}${path}` : path
}

/** `Docker-Content-Digest`, unless the quirk leaves it out. */
export function digestHeader({ quirks }: RegistryContext, digest: Digest): Record<string, string> {
  return quirks.digestHeader ? { 'docker-content-digest': digest } : {}
}

/** Gives up the bytes of a digest that a repository no longer knows as a blob nor as a manifest. */
export async function dropContent({ context, repository }: HandlerInput, digest: Digest): Promise<void> {
  const record = context.catalogue.get(repository)
  if (record?.blobs.has(digest) || record?.manifests.has(digest)) return
  await context.storage.delete(repository, digest)
}
