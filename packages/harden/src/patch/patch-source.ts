import type { MirrorReader } from './mirror/mirror-reader.ts'

/** A suite of a Debian archive, or of one that is made like it. */
export interface DebSource {
  /** Tells it from other kinds of sources. */
  readonly type: 'deb'
  /** What its files are read from. */
  readonly mirror: MirrorReader
  /** Suite or codename, e.g. `bookworm-security`; the signed index must have this name. */
  readonly suite: string
  /** E.g. `['main']`. */
  readonly components: readonly string[]
  /** dpkg's name of the only architecture to read. Default: those of the image's packages. */
  readonly architecture?: string | undefined
  /** OpenPGP keys of which one must have signed, armored or binary. */
  readonly keyring: string | Uint8Array
}

/** A repository of Alpine packages, or of such as are made like them. */
export interface ApkSource {
  /** Tells it from other kinds of sources. */
  readonly type: 'apk'
  /** What its files are read from. */
  readonly mirror: MirrorReader
  /** Folder of the repository without the architecture, e.g. `v3.20/main`. */
  readonly repository: string
  /** Public keys (PEM) of which one must have signed, by their file names, e.g. `alpine-devel@….rsa.pub`. */
  readonly keys: Readonly<Record<string, string>>
}

/** Where patches come from. It is configuration: what an image itself names as its sources is never used. */
export type PatchSource = DebSource | ApkSource

/** When the indexes seen so far were made: ISO 8601 by suite, or by repository of apk. */
export type LastSeen = Readonly<Record<string, string>>
