import { digestOf } from '@sallyport/core'
import { toCanonicalJson } from '../internal/canonical-json.ts'
import type { TrustedRoot } from './trusted-root.ts'

/** A root that believes whom one of the given ones believes, such as a public and a private instance. */
export function combineTrustedRoots(roots: readonly TrustedRoot[]): TrustedRoot {
  const parts = [...new Map(roots.map((root) => [root.digest, root])).values()]
  const [first, ...others] = parts
  if (first !== undefined && others.length === 0) return first
  return {
    digest: digestOf(toCanonicalJson(parts.map(({ digest }) => digest).sort())),
    logs: parts.flatMap(({ logs }) => logs),
    ctLogs: parts.flatMap(({ ctLogs }) => ctLogs),
    certificateAuthorities: parts.flatMap(({ certificateAuthorities }) => certificateAuthorities),
    timestampAuthorities: parts.flatMap(({ timestampAuthorities }) => timestampAuthorities),
  }
}
