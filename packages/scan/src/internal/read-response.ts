import { ScanError } from '../errors.ts'

/**
 * Reads the body of an answer.
 *
 * @param what Who answered, for the message.
 * @throws {ScanError} `LIMIT_EXCEEDED` as soon as it is larger than `maxBytes`.
 */
export async function readResponse(
  response: Response,
  maxBytes: number,
  { what, scanner }: { readonly what: string; readonly scanner: string },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) {
      throw new ScanError('LIMIT_EXCEEDED', `the answer of ${what} is larger than ${maxBytes} bytes`, {
        scanner,
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
