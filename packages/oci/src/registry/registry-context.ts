import type { AuthorizationNeed } from '../auth/authorizer.ts'
import type { RequestSubject } from '../http/http-error.ts'
import type { RequestCounts } from '../http/request-counts.ts'
import type { RegistryHttp, RegistryRequest } from '../http/registry-http.ts'
import type { WireAnswer } from '../http/transport.ts'
import type { KeyedMutex } from '../internal/keyed-mutex.ts'
import type { UploadHabits } from './upload-rules.ts'
import type { FallbackLists } from './fallback-lists.ts'
import type { KnownCapabilities } from './known-capabilities.ts'
import type { TagLists } from './tag-lists.ts'

/** Patience of a repository's own repetitions, beyond those of single requests. */
export interface RegistryPatience {
  readonly attempts: number
  /** Waits before try number `attempt` + 1. */
  backOff(attempt: number, signal: AbortSignal | undefined): Promise<void>
  /** Shortest time for writers that read before our write to have written too, in milliseconds. */
  readonly settleMs: number
  /** Waits for such writers, at least as long as told and at most half as long again. */
  settle(atLeastMs: number, signal: AbortSignal | undefined): Promise<void>
  /** Milliseconds, to measure how long something took. */
  now(): number
}

/** One repository of a registry, as its operations see it. */
export interface RegistryContext {
  readonly http: RegistryHttp
  readonly registry: string
  readonly repository: string
  readonly origin: URL
  /** `registry/repository`. */
  readonly name: string
  readonly patience: RegistryPatience
  /** One push of a referrer at a time for each subject within this client. */
  readonly locks: KeyedMutex
  /** How blobs are sent to this registry, and what has been learnt about that. */
  readonly uploads: UploadHabits
  readonly fallbackLists: FallbackLists
  readonly capabilities: KnownCapabilities
  readonly tagLists: TagLists
  /** Every request made for this repository. */
  readonly counts: RequestCounts
}

/** A call of the repository's API, without what all calls share. */
export interface RegistryCall extends Pick<
  RegistryRequest,
  'method' | 'expect' | 'headers' | 'body' | 'signal' | 'lane'
> {
  /** Path after `/v2/<repository>/`, or a URL that the registry gave. */
  readonly to: string | URL
  readonly access: 'pull' | 'push' | 'delete'
  /** Another repository that is read in the same call (mount). */
  readonly alsoPull?: string | undefined
  readonly action: string
  readonly notFound?: RequestSubject['notFound'] | undefined
}

/** Sends a call; the body is left to the caller. */
export function call(context: RegistryContext, each: RegistryCall): Promise<WireAnswer> {
  return context.http.send(toRequest(context, each))
}

/** Sends a call and reads its answer into memory. */
export function callAndRead(
  context: RegistryContext,
  each: RegistryCall,
  maxBytes: number,
): Promise<{ answer: WireAnswer; bytes: Uint8Array }> {
  return context.http.sendAndRead(toRequest(context, each), maxBytes)
}

function toRequest(context: RegistryContext, each: RegistryCall): RegistryRequest {
  const { to, access, alsoPull, action, notFound = 'REGISTRY_ERROR', ...rest } = each
  const { registry, repository, origin, name, counts } = context
  const need: AuthorizationNeed = {
    registry,
    origin,
    repository,
    counts,
    scopes: [
      `repository:${repository}:${access === 'push' ? 'pull,push' : access}`,
      ...(alsoPull === undefined ? [] : [`repository:${alsoPull}:pull`]),
    ],
  }
  const url = typeof to === 'string' ? new URL(`/v2/${repository}/${to}`, origin) : to
  return { ...rest, url, need, subject: { action, reference: name, notFound } }
}
