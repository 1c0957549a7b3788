import type { IncomingMessage } from 'node:http'
import { AdmissionError } from '../errors.ts'

/** Room for the bodies that are held at once. */
export interface BodyRoom {
  /** Takes `bytes`, or says that there is no room for them. */
  take(bytes: number): boolean
  /** Gives them back. */
  give(bytes: number): void
}

/** So many bytes at once, so that a flood of large bodies does not fill the memory. */
export function createBodyRoom(maxBytes: number): BodyRoom {
  let taken = 0
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false
      taken += bytes
      return true
    },
    give(bytes) {
      taken -= bytes
    },
  }
}

/** Options of {@link readBody}. */
export interface ReadBodyOptions {
  /** Largest body, in bytes. */
  readonly maxBytes: number
  readonly room: BodyRoom
  /** Time for it, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Reads the body of a review.
 *
 * @throws {AdmissionError} `REVIEW_TOO_LARGE` with 413, or with 503 when other bodies fill the room for them.
 * @throws {AdmissionError} `REVIEW_INVALID` with 400 when it ends early, with 408 when it takes too long.
 */
export async function readBody(
  message: IncomingMessage,
  { maxBytes, room, timeoutMs }: ReadBodyOptions,
): Promise<Buffer> {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Buffer[] = []
  let received = 0
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      let hasFailed = false
      const fail = (error: AdmissionError): void => {
        hasFailed = true
        message.pause()
        reject(error)
      }
      timer = setTimeout(() => fail(invalid('the body of the review took too long', 408)), timeoutMs)
      const cut = (): void => fail(invalid('the body of the review ended early', 400))
      message.on('data', (chunk: Buffer) => {
        // What still comes takes no room, since nobody would give it back.
        if (hasFailed) return
        if (received + chunk.byteLength > maxBytes) return fail(tooLarge(maxBytes))
        if (!room.take(chunk.byteLength)) {
          const busy = 'too many large reviews at once'
          return fail(new AdmissionError('REVIEW_TOO_LARGE', busy, { status: 503, retryable: true }))
        }
        received += chunk.byteLength
        chunks.push(chunk)
      })
      message.on('end', resolve)
      message.on('error', cut)
      // What was read to its end is closed as well.
      message.on('close', () => message.complete || cut())
    })
    return Buffer.concat(chunks)
  } finally {
    clearTimeout(timer)
    room.give(received)
  }
}

function invalid(message: string, status: number): AdmissionError {
  return new AdmissionError('REVIEW_INVALID', message, { status })
}

function tooLarge(maxBytes: number): AdmissionError {
  return new AdmissionError('REVIEW_TOO_LARGE', `the body of the review has more than ${maxBytes} bytes`, {
    status: 413,
  })
}
