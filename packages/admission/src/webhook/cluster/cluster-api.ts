import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { AdmissionError } from '../../errors.ts'

/** How the API server is reached. */
export interface ClusterApiOptions {
  /** URL. Default: `https://` with `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, as each Pod has them. */
  readonly server?: string | undefined
  /** File of the token; read for each request, because it is renewed. Default: that of the Pod's service account. */
  readonly tokenFile?: string | undefined
  /** PEM file of the API server's authority. Default: that of the Pod's service account. */
  readonly authorityFile?: string | undefined
  /** Time of a request, in milliseconds. Default 3,000. */
  readonly timeoutMs?: number | undefined
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** Reads objects of the API server. */
export interface ClusterApi extends Disposable {
  /**
   * The object at a path, or `undefined` when there is none.
   *
   * @throws {AdmissionError} `CLUSTER_UNAVAILABLE` for any other answer; nothing of an object or token is in its message.
   */
  get(path: string, signal: AbortSignal): Promise<unknown>
}

const folder = '/var/run/secrets/kubernetes.io/serviceaccount'
/** A Secret has at most 1 MiB of data, which base64 and JSON make longer. */
const maxBytes = 2 * 1024 * 1024

/**
 * Opens the API of the cluster by plain HTTPS.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID` outside of a cluster without `server`, or when that is no HTTPS URL.
 */
export function openClusterApi(options: ClusterApiOptions): ClusterApi {
  const { tokenFile = `${folder}/token`, authorityFile = `${folder}/ca.crt`, timeoutMs = 3_000 } = options
  const base = serverUrl(options)
  // Not imported above: it would be a good part of what an import of this package takes.
  const { Agent, request } = process.getBuiltinModule('node:https')
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })

  async function ask(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const [token, ca] = await Promise.all([readFile(tokenFile, 'utf8'), readFile(authorityFile)])
    const headers = { authorization: `Bearer ${token.trim()}`, accept: 'application/json' }
    const outgoing = request(new URL(path, base), { agent, ca, headers, signal })
    outgoing.end()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    return { status: incoming.statusCode ?? 0, text: await readLimited(incoming) }
  }

  return {
    async get(path, signal) {
      let answer
      try {
        answer = await ask(path, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
      } catch (cause) {
        signal.throwIfAborted()
        throw unavailable(path, (cause as NodeJS.ErrnoException).code ?? 'no answer', cause)
      }
      if (answer.status === 404) return undefined
      if (answer.status !== 200) throw unavailable(path, `it answered ${answer.status}`)
      try {
        return JSON.parse(answer.text) as unknown
      } catch {
        throw unavailable(path, 'its answer is not JSON')
      }
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

function serverUrl({ server, env = process.env }: ClusterApiOptions): URL {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  const text = server ?? (host && `https://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const url = text ? URL.parse(text) : null
  if (url?.protocol === 'https:') return url
  const message = text
    ? 'the URL of the API server has to begin with https://'
    : 'KUBERNETES_SERVICE_HOST is not set: outside of a cluster the URL of the API server has to be given'
  throw new AdmissionError('OPTIONS_INVALID', message)
}

async function readLimited(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let received = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    received += chunk.byteLength
    if (received > maxBytes) throw new Error('too long')
    chunks.push(chunk)
  }
  if (!incoming.complete) throw new Error('cut short')
  return Buffer.concat(chunks).toString('utf8')
}

function unavailable(path: string, problem: string, cause?: unknown): AdmissionError {
  const hint = problem.endsWith('403') ? '; its role has to allow that' : ''
  const message = `${path} can't be read from the API server: ${problem}${hint}`
  return new AdmissionError('CLUSTER_UNAVAILABLE', message, { cause, retryable: true })
}
