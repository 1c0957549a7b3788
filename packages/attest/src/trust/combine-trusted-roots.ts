import { digestOf } from '@sallyport/core'
import { toCanonicalJson } from '../internal/canonical-json.ts'
import type { TrustedRoot } from './trusted-root.ts'

/**
 * A root that believes whom one of the given ones believes, such as a public and a private instance. What several of them
 * list, such as the same log under two names of its operator, counts once.
 */
export function combineTrustedRoots(roots: readonly TrustedRoot[]): TrustedRoot {
  // In an order of their own, so that what is found first is the same for equal digests.
  const parts = [...new Map(roots.map((root) => [root.digest, root])).values()].toSorted((left, right) =>
    left.digest < right.digest ? -1 : 1,
  )
  const [first, ...others] = parts
  if (first !== undefined && others.length === 0) return first
  return {
    digest: digestOf(toCanonicalJson(parts.map(({ digest }) => digest))),
    logs: parts.flatMap(({ logs }) => logs),
    ctLogs: parts.flatMap(({ ctLogs }) => ctLogs),
    certificateAuthorities: parts.flatMap(({ certificateAuthorities }) => certificateAuthorities),
    timestampAuthorities: parts.flatMap(({ timestampAuthorities }) => timestampAuthorities),
  }
}
