/** How one file of a mirror is read. */
export interface MirrorReadOptions {
  /** Most bytes to take; a longer file is an error. */
  readonly maxBytes: number
  /** Ends the transfer; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Where packages of a distribution are read from. Nothing that it gives is trusted: everything is checked. */
export interface MirrorReader {
  /**
   * Streams a file.
   *
   * @param path - relative to the mirror, e.g. `dists/bookworm/InRelease`
   * @throws {HardenError} `MIRROR_FILE_MISSING` when there is no such file.
   * @throws {HardenError} `MIRROR_UNAVAILABLE` when it can't be read, or not in time.
   * @throws {HardenError} `LIMIT_EXCEEDED` beyond `maxBytes`.
   */
  read(path: string, options: MirrorReadOptions): AsyncIterable<Uint8Array>
}
