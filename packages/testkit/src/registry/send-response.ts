import type { ServerResponse } from 'node:http'
import { alterBody } from './faults/alter-body.ts'
import { ConnectionDropped, type InjectedFault } from './faults/injected-fault.ts'
import type { RegistryResponse } from './registry-response.ts'

/** How to send an answer. */
export interface SendOptions {
  readonly method: string | undefined
  readonly fault: InjectedFault | undefined
  readonly onBytes: (bytes: number) => void
  /** Called when everything is written, just before the answer ends. */
  readonly onWritten: () => void
}

/**
 * Writes an answer, altered by a fault.
 *
 * @throws {ConnectionDropped} when the client is gone or the fault cuts the connection.
 */
export async function sendResponse(
  outgoing: ServerResponse,
  { status, headers, body }: RegistryResponse,
  { method, fault, onBytes, onWritten }: SendOptions,
): Promise<void> {
  const altered = fault?.type === 'alter-response' ? fault : undefined
  outgoing.writeHead(status, Object.fromEntries(alterHeaders(headers, altered)) as Record<string, string>)
  if (method !== 'HEAD' && status !== 304) {
    const trueBody = altered?.body ?? (typeof body === 'function' ? body() : body)
    const content = trueBody instanceof Uint8Array ? [trueBody] : (trueBody ?? [])
    for await (const chunk of altered ? alterBody(toAsync(content), altered) : content) {
      onBytes(chunk.byteLength)
      if (!outgoing.write(chunk)) await drained(outgoing)
    }
  }
  onWritten()
  outgoing.end()
}

type Altered = Extract<InjectedFault, { type: 'alter-response' }>

function alterHeaders(
  headers: RegistryResponse['headers'],
  altered: Altered | undefined,
): Map<string, string | readonly string[]> {
  const merged = new Map(Object.entries(headers))
  if (altered?.body) merged.set('content-length', String(altered.body.byteLength))
  if (altered?.lengthOffset !== undefined) {
    const length = Number(merged.get('content-length') ?? 0)
    merged.set('content-length', String(Math.max(0, length + altered.lengthOffset)))
    // Otherwise the client would wait for the missing bytes, or take surplus ones for the next answer.
    merged.set('connection', 'close')
  }
  for (const [name, value] of Object.entries(altered?.headers ?? {})) {
    if (value === null) merged.delete(name.toLowerCase())
    else merged.set(name.toLowerCase(), value)
  }
  return merged
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      outgoing.off('drain', settle).off('close', settle)
      if (outgoing.destroyed) reject(new ConnectionDropped('the client is gone'))
      else resolve()
    }
    outgoing.on('drain', settle).on('close', settle)
  })
}

async function* toAsync(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* chunks
}
