import type { Digest } from './digest.ts'
import type { Platform } from './platform.ts'

/** Points to content by what it is (OCI image specification, descriptor.md). */
export interface Descriptor {
  /** What the content is, e.g. one of `mediaTypes`; unknown ones are carried as they are. */
  readonly mediaType: string
  /** What the content hashes to: its name. */
  readonly digest: Digest
  /** Length of the content in bytes. */
  readonly size: number
  /** What a manifest that is no image is, e.g. `application/spdx+json`. */
  readonly artifactType?: string | undefined
  /** Free text under names that its writer chose. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** What the image runs on, in entries of an index. */
  readonly platform?: Platform | undefined
  /** Where else the content can be had, as for layers that may not be distributed. Never followed by itself. */
  readonly urls?: readonly string[] | undefined
  /** The content itself, in base64. */
  readonly data?: string | undefined
}
