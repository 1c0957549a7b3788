/** One file of an image, as a container of it sees it: what a comparison needs, without its content. */
export interface FileRecord {
  /**
   * Absolute, without a trailing slash, `/` for the root. Bytes that are not valid UTF-8 are lone surrogates U+DC80 to
   * U+DCFF.
   */
  readonly path: string
  /** What it is. A hard link is the file that it names. */
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo' | 'character-device' | 'block-device'
  /** Permission bits including set-uid, set-gid and sticky. */
  readonly mode: number
  /** Number of the user who owns it, as in the image. */
  readonly uid: number
  /** Number of the group. */
  readonly gid: number
  /** Bytes of content; 0 for all but regular files. */
  readonly size: number
  /** Of a regular file: SHA-256 of its content in hex. */
  readonly sha256?: string | undefined
  /** Of a regular file: what its first bytes say that it is. Absent for data. */
  readonly magic?: 'elf' | 'script' | undefined
  /** Target of a symbolic link as written. */
  readonly linkTarget?: string | undefined
  /** Of a device: `major:minor`. */
  readonly device?: string | undefined
  /** Extended attributes in the `security` namespace, e.g. `security.capability`; values in base64. */
  readonly xattrs?: Readonly<Record<string, string>> | undefined
}

/** What the first bytes of a file say: a program or library, a script with `#!`, or `undefined` for data. */
export function readMagic(head: Uint8Array): FileRecord['magic'] {
  if (head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46) return 'elf'
  if (head[0] === 0x23 && head[1] === 0x21) return 'script'
  return undefined
}
