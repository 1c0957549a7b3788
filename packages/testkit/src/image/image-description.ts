/** A path of a layer. A string is the content of a regular file. */
export type FileDescription =
  | string
  | Uint8Array
  | ({
      readonly mode?: number | undefined
      readonly uid?: number | undefined
      readonly gid?: number | undefined
      /** Seconds since the epoch. Default 0. */
      readonly mtime?: number | undefined
      readonly xattrs?: Readonly<Record<string, Uint8Array | string>> | undefined
    } & (
      | { readonly content: string | Uint8Array }
      | {
          readonly directory: true
          /** Hides what earlier layers have in it. */ readonly opaque?: boolean | undefined
        }
      | { readonly symlink: string }
      | { /** Path of a file of the same layer. */ readonly hardlink: string }
      | { readonly device: 'character' | 'block'; readonly major: number; readonly minor: number }
      | { readonly fifo: true }
    ))

/** One layer of {@link ImageDescription}. */
export interface LayerDescription {
  /** What the layer holds, by path, with or without a leading slash. Missing parents are not added. */
  readonly files?: Readonly<Record<string, FileDescription>> | undefined
  /** Paths of earlier layers that this one deletes. */
  readonly whiteouts?: readonly string[] | undefined
  /** The layer's tar as it is, instead of `files` and `whiteouts`; for malformed ones. */
  readonly tar?: Uint8Array | undefined
  /** Default `gzip`. */
  readonly compression?: 'gzip' | 'zstd' | 'none' | undefined
  /** What the history of the image says of the layer. Default: nothing. */
  readonly createdBy?: string | undefined
}

/** What {@link createImage} makes an image of. Same description, same digests. */
export interface ImageDescription {
  /** The layers, the lowest first. Default: none. */
  readonly layers?: readonly LayerDescription[] | undefined
  /** `config` of the image configuration: `Entrypoint`, `Env`, … */
  readonly config?: Readonly<Record<string, unknown>> | undefined
  /** Fields that replace those of the image configuration, e.g. to make it wrong. */
  readonly override?: Readonly<Record<string, unknown>> | undefined
  /** `os/architecture[/variant]`. Default `linux/amd64`. */
  readonly platform?: string | undefined
  /** Annotations of the manifest. Default: none. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** Docker's media types instead of OCI's. Default `false`. */
  readonly docker?: boolean | undefined
}
