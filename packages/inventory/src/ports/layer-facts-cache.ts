/**
 * Keeps what was found in layers, as bytes under a key of 64 hexadecimal digits. The bytes are checked when they come
 * back, so a cache may lose or damage them; but whoever can write to it decides what is found, so it must not be shared with
 * anybody who is not trusted to say what an image holds.
 */
export interface LayerFactsCache {
  /** `undefined` when there is nothing under the key. */
  get(key: string): Promise<Uint8Array | undefined>
  /** What was there under the key is replaced. */
  put(key: string, bytes: Uint8Array): Promise<void>
}
