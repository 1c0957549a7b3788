const chunkLength = 64 * 1024

/** Joins small parts, so that writing them takes few calls. */
export async function* inChunks(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let pending: string[] = []
  let length = 0
  for await (const part of parts) {
    pending.push(part)
    length += part.length
    if (length < chunkLength) continue
    yield pending.join('')
    pending = []
    length = 0
  }
  if (length > 0) yield pending.join('')
}
