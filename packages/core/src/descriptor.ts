import type { Digest } from './digest.ts'
import type { Platform } from './platform.ts'

/** Points to content by what it is (OCI image specification, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Length of the content in bytes. */
  readonly size: number
  readonly artifactType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly platform?: Platform | undefined
  readonly urls?: readonly string[] | undefined
  /** The content itself, in base64. */
  readonly data?: string | undefined
}
