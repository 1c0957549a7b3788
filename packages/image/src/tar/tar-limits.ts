/** Bounds on what an archive may make its reader hold in memory. */
export interface TarLimits {
  /** Most entries in one archive. Default 1,000,000. */
  readonly maxEntries?: number | undefined
  /** Most bytes of one PAX or GNU extension header. Default 1 MiB. */
  readonly maxPaxBytes?: number | undefined
  /** Most bytes of one path or link target. Default 4,096. */
  readonly maxPathBytes?: number | undefined
  /** Most bytes of names and extended attributes in one archive. Default 256 MiB. */
  readonly maxMetadataBytes?: number | undefined
}

/** The defaults of {@link TarLimits}. */
export const defaultTarLimits: { readonly [Limit in keyof TarLimits]-?: number } = {
  maxEntries: 1_000_000,
  maxPaxBytes: 1024 * 1024,
  maxPathBytes: 4096,
  maxMetadataBytes: 256 * 1024 * 1024,
}
