/** Reads the content of one blob while it is copied. What it rejects with ends the copy. */
export type BlobTap = (content: AsyncIterable<Uint8Array>) => Promise<void>

/**
 * Hands each chunk to the tap before it is passed on, at the pace of the slower of the two. The last chunk is passed on
 * only when the tap is done: what the tap refuses never arrives complete. A tap that returns early is not fed further.
 */
export async function* tapContent(
  chunks: AsyncIterable<Uint8Array>,
  tap: BlobTap,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  // Its failures come back through the writes.
  writer.closed.catch(() => undefined)
  let done = false
  const tapped = (async () => tap(readable))().finally(() => (done = true))
  tapped.catch(() => undefined)

  async function feed(write: () => Promise<void>): Promise<void> {
    // A tap that is done rejects here or wants no more.
    await (done ? tapped : Promise.race([write().catch(() => tapped), tapped]))
  }

  let complete = false
  try {
    let held: Uint8Array | undefined
    for await (const chunk of chunks) {
      if (held !== undefined) yield held
      await feed(() => writer.write(chunk))
      held = chunk
    }
    await feed(() => writer.close())
    await tapped
    complete = true
    if (held !== undefined) yield held
  } finally {
    // The tap must not take the beginning of a blob for the whole.
    if (!complete) writer.abort(new Error('the transfer of the blob broke off')).catch(() => undefined)
  }
}
