/** Bytes as a stream that is read once. The layers below may send bytes again, but never such a stream. */
export async function* singleChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
