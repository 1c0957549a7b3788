import type { RegistryRequest, RequestKind } from '../recorded-request.ts'
import type { InjectedFault, RequestHook } from './injected-fault.ts'

/** Which requests something goes wrong with; what is left out matches everything. */
export interface RequestMatch {
  /** HTTP method, or one of several. Default: any. */
  readonly method?: string | readonly string[] | undefined
  /** What is asked for, or one of several. Default: anything. */
  readonly kind?: RequestKind | readonly RequestKind[] | undefined
  /** Path of the repository. Default: any. */
  readonly repository?: string | undefined
  /** Tag or digest in the path of a manifest. */
  readonly reference?: string | undefined
  /** Anything else about the request. */
  readonly where?: ((request: RegistryRequest) => boolean) | undefined
  /** Only this one of the matching requests, from 1. Default: from the first on. */
  readonly nth?: number | undefined
  /** How many matching requests, from `nth` on. Default: 1 with `nth`, all without. */
  readonly times?: number | undefined
}

/**
 * A hook that makes matching requests go wrong; it counts them itself. Pass it as `onRequest` or to `setRequestHook`,
 * several by {@link firstFault}.
 */
export function faultOn(match: RequestMatch, fault: InjectedFault): RequestHook {
  const { nth, times = nth === undefined ? Number.POSITIVE_INFINITY : 1 } = match
  const first = nth ?? 1
  let seen = 0
  return (request) => {
    if (!matches(match, request)) return undefined
    seen += 1
    return seen >= first && seen < first + times ? fault : undefined
  }
}

/** A hook that asks others in their order and takes the first fault; every hook sees every request. */
export function firstFault(...hooks: readonly RequestHook[]): RequestHook {
  return async (request) => {
    const faults = await Promise.all(hooks.map((hook) => hook(request)))
    return faults.find((fault) => fault !== undefined)
  }
}

function matches(match: RequestMatch, request: RegistryRequest): boolean {
  return (
    isOneOf(match.method, request.method) &&
    isOneOf(match.kind, request.kind) &&
    (match.repository === undefined || match.repository === request.repository) &&
    (match.reference === undefined || match.reference === request.reference) &&
    (match.where?.(request) ?? true)
  )
}

function isOneOf<T>(wanted: T | readonly T[] | undefined, value: T): boolean {
  if (wanted === undefined) return true
  return Array.isArray(wanted) ? (wanted as readonly T[]).includes(value) : wanted === value
}
