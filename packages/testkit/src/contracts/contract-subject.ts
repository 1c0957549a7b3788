/** Something under test that must be cleaned up after each test. */
export interface ContractSubject<T> extends AsyncDisposable {
  /** What is tested. */
  readonly subject: T
}

/** Wraps a subject with what cleans it up. */
export function toContractSubject<T>(
  subject: T,
  dispose: () => Promise<unknown> = async () => {},
): ContractSubject<T> {
  return {
    subject,
    async [Symbol.asyncDispose]() {
      await dispose()
    },
  }
}

/** All chunks of a stream as one buffer. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(Buffer.from(chunk))
  return Buffer.concat(parts)
}

/** Content as a stream of pieces. */
export async function* streamOf(content: Uint8Array, pieceBytes = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += pieceBytes) yield content.subarray(at, at + pieceBytes)
}
