/** Content of a new file: bytes, or a stream that can be opened as often as needed. */
export type NewContent = Uint8Array | { readonly size: number; open(): AsyncIterable<Uint8Array> }

interface NewMetadata {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined
}

/** A path that an upgrade writes. */
export type NewPath =
  | (NewMetadata & { readonly type: 'file'; readonly content: NewContent })
  | (NewMetadata & { readonly type: 'directory' })
  | (Omit<NewMetadata, 'mode' | 'xattrs'> & { readonly type: 'symlink'; readonly linkTarget: string })
  | { readonly type: 'hardlink'; readonly linkTo: string }

/** What upgrades change in an image. A path that is written anew is in `remove` and `add`. */
export interface PackageEdit {
  readonly remove: Set<string>
  readonly add: Map<string, NewPath>
  readonly replace: Map<string, Uint8Array>
}
