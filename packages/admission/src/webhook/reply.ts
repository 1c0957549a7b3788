import type { IncomingMessage, ServerResponse } from 'node:http'
import { AdmissionError } from '../errors.ts'

/** What is answered. */
export interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Sends a reply over either version of HTTP. */
export function writeReply(
  message: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  isDraining: boolean,
): void {
  if (response.destroyed) return
  const isOld = message.httpVersionMajor === 1
  // A body that was not read to its end would be taken for the next request.
  const mustClose = isOld && (isDraining || !message.complete)
  const body = Buffer.from(reply.body)
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'content-length': body.byteLength,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...reply.headers,
    ...(mustClose ? { connection: 'close' } : {}),
  })
  response.end(message.method === 'HEAD' ? undefined : body)
}

/**
 * Checks that a body is JSON as it is.
 *
 * @throws {AdmissionError} `REVIEW_INVALID` with 415.
 */
export function checkJson({ headers }: IncomingMessage): void {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (type.trim().toLowerCase() !== 'application/json' || encoding !== 'identity')
    throw new AdmissionError('REVIEW_INVALID', 'expected application/json, not encoded', { status: 415 })
}

/** A reply of JSON. */
export function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value) }
}

/** A reply of one text. */
export function text(status: number, body: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` }
}
