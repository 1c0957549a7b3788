import type { FileRecord } from '@sallyport/core'

/** What a collector saw of one path. */
export type FileObservation =
  | PresentFile
  /** Gone; of a directory everything below it too. */
  | { readonly kind: 'deleted'; readonly path: string }
  /** A directory that hides what the image has below it: what is not told beside it is gone. */
  | { readonly kind: 'opaque'; readonly path: string }
  /** A directory whose entries are those that the image has at `from` (overlayfs `redirect`). */
  | { readonly kind: 'redirected'; readonly path: string; readonly from: string }
  /** Another file system is mounted here; `isWalked` when its files are told too. */
  | {
      readonly kind: 'mounted'
      readonly path: string
      readonly fileSystem: string
      readonly isWalked: boolean
    }
  /** Differs in an unknown way: a list of names said so. */
  | { readonly kind: 'named'; readonly path: string; readonly change: 'added' | 'modified' }
  /** Could not be read, with everything below it. */
  | UnknownFile

/** A path that is there. */
export interface PresentFile {
  /** Names the kind. */
  readonly kind: 'present'
  /** The path, in the container. */
  readonly path: string
  /** What it is. */
  readonly type: FileRecord['type'] | 'socket'
  /** Permission bits including set-uid, set-gid and sticky. */
  readonly mode: number
  /** Number of the owner. */
  readonly uid: number
  /** Number of the group. */
  readonly gid: number
  /** Bytes of content. */
  readonly size: number
  /** Of a regular file: SHA-256 in hex; absent where it makes no difference, because the image has no such file. */
  readonly sha256?: string | undefined
  /** Of a regular file: what its first bytes say. */
  readonly magic?: FileRecord['magic']
  /** Whether it was written to while it was read: `sha256` is of no state that ever was. */
  readonly isUnstable?: boolean | undefined
  /** Where a symbolic link leads. */
  readonly linkTarget?: string | undefined
  /** Numbers of a device, `major:minor`. */
  readonly device?: string | undefined
  /** `security.capability` in base64, `''` for none; absent when it could not be read. */
  readonly capability?: string | undefined
  /** Mount point of the file system that it lies on, when that is not the container's own. */
  readonly mount?: string | undefined
}

/** What could not be looked at, and why. */
export interface UnknownFile {
  /** Names the kind. */
  readonly kind: 'unknown'
  /** The path, in the container. */
  readonly path: string
  /** For machines; stable. */
  readonly reason: UnknownReason
  /** Why, in a sentence. */
  readonly message: string
}

/** Why something is not known. */
export type UnknownReason =
  | 'permission-denied'
  | 'unreadable'
  | 'attributes-unreadable'
  | 'changed-while-read'
  | 'limit-exceeded'
  | 'name-only'
