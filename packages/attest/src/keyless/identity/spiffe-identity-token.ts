import type { IncomingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { AttestError } from '../../errors.ts'
import type { IdentityTokenSource } from '../../ports/identity-token-source.ts'
import { decodeJwtSvids, encodeJwtSvidRequest, frameMessage } from './spiffe-messages.ts'

/** Options of {@link spiffeIdentityToken}. */
export interface SpiffeIdentityTokenOptions {
  /** Socket of the Workload API. Default: `SPIFFE_ENDPOINT_SOCKET`, else `/tmp/spire-agent/public/api.sock`. */
  readonly socketPath?: string | undefined
  /** Which of a workload's identities. Default: the first that the agent gives. */
  readonly spiffeId?: string | undefined
  /** Longest time to an answer, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

const maxAnswerBytes = 1024 * 1024

/** The socket of the Workload API, as a path. */
export function spiffeSocketPath(env: Readonly<Record<string, string | undefined>>): string {
  const endpoint = env.SPIFFE_ENDPOINT_SOCKET || '/tmp/spire-agent/public/api.sock'
  return endpoint.replace(/^unix:(\/\/)?/, '')
}

/**
 * A JWT-SVID of the workload, from a SPIFFE agent's Workload API over its Unix socket (SPIFFE Workload API, section 6:
 * `FetchJWTSVID`; one gRPC call, which HTTP/2 alone can carry). Where the socket can't be had, write the SVID to a file
 * with SPIFFE's helper and use `fileIdentityToken`. `token` rejects with `IDENTITY_UNAVAILABLE`.
 */
export function spiffeIdentityToken({
  env = process.env,
  socketPath = spiffeSocketPath(env),
  spiffeId,
  timeoutMs = 10_000,
}: SpiffeIdentityTokenOptions = {}): IdentityTokenSource {
  return {
    async token({ audience, signal }) {
      signal?.throwIfAborted()
      const request = frameMessage(encodeJwtSvidRequest(audience, spiffeId))
      const answer = await callAgent(socketPath, request, { timeoutMs, signal })
      const svids = decodeJwtSvids(answer)
      const svid = spiffeId === undefined ? svids[0] : svids.find((each) => each.spiffeId === spiffeId)
      if (!svid) throw unavailable('the agent has no identity for this workload')
      return svid.token
    },
  }
}

interface Call {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** One unary gRPC call: the answer's bytes, still framed. */
async function callAgent(path: string, message: Buffer, { timeoutMs, signal }: Call): Promise<Buffer> {
  // The largest module of Node, for a service that few have.
  const http2 = process.getBuiltinModule('node:http2')
  const socket = connect(path)
  const session = http2.connect('http://localhost', { createConnection: () => socket })
  const timeout = AbortSignal.timeout(timeoutMs)
  const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const fail = (why: string): void => reject(unavailable(why))
      ended.addEventListener('abort', () => fail(`no answer within ${timeoutMs} ms`), { once: true })
      const lost = ({ code = 'unknown error' }: NodeJS.ErrnoException): void =>
        fail(`no connection (${code})`)
      // The socket knows why it fails, before its session and stream say that they do.
      for (const each of [socket, session]) each.on('error', lost)
      const stream = session.request({
        ':method': 'POST',
        ':path': '/SpiffeWorkloadAPI/FetchJWTSVID',
        'content-type': 'application/grpc',
        te: 'trailers',
        'workload.spiffe.io': 'true',
      })
      const chunks: Buffer[] = []
      let received = 0
      let status: string | undefined
      const readStatus = (headers: IncomingHttpHeaders): void => {
        const value = headers['grpc-status']
        if (typeof value === 'string') status = value
      }
      stream.on('response', readStatus)
      stream.on('trailers', readStatus)
      stream.on('data', (chunk: Buffer) => {
        received += chunk.byteLength
        if (received > maxAnswerBytes) return fail(`the answer is longer than ${maxAnswerBytes} bytes`)
        chunks.push(chunk)
      })
      stream.on('error', lost)
      stream.on('end', () => {
        if (status === '0') resolve(Buffer.concat(chunks))
        else fail(/^\d{1,3}$/.test(status ?? '') ? `refused with gRPC status ${status}` : 'no gRPC status')
      })
      stream.end(message)
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    session.destroy()
  }
}

function unavailable(why: string): AttestError {
  return new AttestError('IDENTITY_UNAVAILABLE', `the SPIFFE agent: ${why}`)
}
