import type { Digest } from './digest.ts'

/**
 * Names a manifest in a registry, by tag, by digest, or by both (then the digest decides and the tag is only
 * remembered). Made by `parseReference` of `@sallyport/oci`.
 */
export interface Reference {
  /** Host with its port when there is one, e.g. `registry.example:5000` or `[::1]:5000`. */
  readonly registry: string
  /** Repository path without a leading slash, e.g. `team/app`. */
  readonly repository: string
  /** Tag, if one is written. None is added. */
  readonly tag?: string | undefined
  /** Digest, if one is written. */
  readonly digest?: Digest | undefined
}

/** Writes a reference as `registry/repository[:tag][@digest]`. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}
