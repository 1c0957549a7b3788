import type { Digest } from '@sallyport/core'

/** Tag under which cosign's older format keeps what belongs to a digest: `sha256-<hex>.sig` or `.att`. */
export function legacyTag(subject: Digest, suffix: 'sig' | 'att'): string {
  return `${subject.replace(':', '-')}.${suffix}`
}
