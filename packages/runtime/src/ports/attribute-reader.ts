/** A port: reads extended attributes of a file without following a symbolic link in its last position. */
export interface AttributeReader {
  /** Names of all that may be seen; `undefined` when they can't be read. */
  list(path: string): readonly string[] | undefined
  /** The value; `undefined` when there is none, or it can't be read. */
  get(path: string, name: string): Uint8Array | undefined
}
