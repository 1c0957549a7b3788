import { createServer } from 'node:http2'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeField, frameMessage, type JwtSvid } from '../keyless/identity/spiffe-messages.ts'

/** A SPIFFE agent's Workload API on a Unix socket. */
export interface SpiffeDouble extends AsyncDisposable {
  readonly socketPath: string
  /** Requests as they came, framed. */
  readonly requests: readonly Buffer[]
}

/** What an agent answers: identities, a gRPC status other than 0, bytes as they are, or nothing ever. */
export type SpiffeAnswer = readonly JwtSvid[] | number | Buffer | 'hang'

/** Encodes `JWTSVIDResponse`. */
export function encodeJwtSvids(svids: readonly JwtSvid[]): Buffer {
  return Buffer.concat(
    svids.map(({ spiffeId, token }) =>
      encodeField(
        1,
        Buffer.concat([encodeField(1, Buffer.from(spiffeId)), encodeField(2, Buffer.from(token))]),
      ),
    ),
  )
}

/** Starts an agent that, as SPIFFE's rules want it, refuses calls without its own metadata field. */
export async function startSpiffeDouble(answer: SpiffeAnswer): Promise<SpiffeDouble> {
  const folder = await mkdtemp(join(tmpdir(), 'spiffe-'))
  const socketPath = join(folder, 'api.sock')
  const requests: Buffer[] = []
  const server = createServer()
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      requests.push(Buffer.concat(chunks))
      const isCall =
        headers[':path'] === '/SpiffeWorkloadAPI/FetchJWTSVID' &&
        headers['workload.spiffe.io'] === 'true' &&
        headers['content-type'] === 'application/grpc'
      if (answer === 'hang') return
      const status = isCall ? (typeof answer === 'number' ? answer : 0) : 3
      const head = { ':status': 200, 'content-type': 'application/grpc' }
      // An error without a message comes as trailers only: one block of header fields.
      if (status !== 0) return stream.respond({ ...head, 'grpc-status': String(status) }, { endStream: true })
      stream.respond(head, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(
        Buffer.isBuffer(answer) ? answer : frameMessage(encodeJwtSvids(answer as readonly JwtSvid[])),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  return {
    socketPath,
    requests,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}
