import type { IncomingMessage, ServerResponse } from 'node:http'
import { isDigest } from '@sallyport/core'
import type { Authenticator } from './authenticate.ts'
import { handleBlob } from './handlers/handle-blob.ts'
import { handleCatalog, handleReferrers, handleTags } from './handlers/handle-listing.ts'
import { handleManifest } from './handlers/handle-manifest.ts'
import { handleUpload } from './handlers/handle-upload.ts'
import type { HandlerInput, RegistryContext } from './handlers/registry-context.ts'
import {
  alterBody,
  ConnectionDropped,
  dropAfter,
  type InjectedFault,
  type RequestHook,
} from './injected-fault.ts'
import type { RecordedRequest, RegistryRequest } from './recorded-request.ts'
import { RegistryFault } from './registry-fault.ts'
import { faultResponse, jsonResponse, type RegistryResponse } from './registry-response.ts'
import { isRepositoryName, isTag, type Route, routeRequest } from './route-request.ts'

/** What serving needs besides the registry's content. */
export interface ServeOptions {
  readonly context: RegistryContext
  readonly authenticator: Authenticator
  readonly onRequest: RequestHook | undefined
  /** Called once for each request, just before its answer ends. */
  readonly record: (request: Omit<RecordedRequest, 'sequence'>) => void
}

/** Answers one HTTP request; never rejects. */
export async function serveRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: ServeOptions,
): Promise<void> {
  const { request, route } = describeRequest(incoming)
  const counter = { receivedBytes: 0, sentBytes: 0 }
  let recorded = false
  const record = (status: number, manifest?: RecordedRequest['manifest']) => {
    if (recorded) return
    recorded = true
    options.record({ ...request, status, ...counter, manifest })
  }
  try {
    const fault = await options.onRequest?.(request)
    const received = countBytes(incoming, (bytes) => (counter.receivedBytes += bytes))
    const response = await answer({ incoming, request, route, body: received, fault, options })
    for await (const _ of received) void _ // what a refused request still sends would break the connection's next one
    await send(incoming, outgoing, response, fault, counter, () => record(response.status, response.manifest))
  } catch {
    // The client is gone, or a fault was injected: there is no answer to give.
    record(0)
    outgoing.destroy()
    incoming.destroy()
  }
}

interface AnswerInput {
  readonly incoming: IncomingMessage
  readonly request: RegistryRequest
  readonly route: Route
  readonly body: AsyncIterable<Uint8Array>
  readonly fault: InjectedFault | undefined
  readonly options: ServeOptions
}

async function answer({
  incoming,
  request,
  route,
  body,
  fault,
  options,
}: AnswerInput): Promise<RegistryResponse> {
  if (fault?.type === 'respond') return injectedResponse(fault)
  if (fault?.type === 'drop-connection' && fault.afterBytes === undefined)
    throw new ConnectionDropped('injected')
  const dropped = fault?.type === 'drop-connection' ? dropAfter(body, fault.afterBytes ?? 0) : body
  try {
    return await dispatch(incoming, request, route, dropped, options)
  } catch (error) {
    if (error instanceof RegistryFault) return faultResponse(error)
    if (error instanceof ConnectionDropped || incoming.destroyed) throw error
    return jsonResponse(500, { errors: [{ code: 'UNSUPPORTED', message: 'the test registry failed' }] })
  }
}

function dispatch(
  incoming: IncomingMessage,
  request: RegistryRequest,
  route: Route,
  body: AsyncIterable<Uint8Array>,
  { context, authenticator }: ServeOptions,
): Promise<RegistryResponse> | RegistryResponse {
  const { headers } = incoming
  if (route.kind === 'unknown') throw new RegistryFault(404, 'UNSUPPORTED', 'no such endpoint')
  if (route.kind === 'token') return authenticator.issueToken(request, headers, body)
  // A redirect's target carries no credentials: its random-looking path is the permission, as with signed URLs.
  if (!request.path.startsWith('/storage/')) authenticator.check(request, headers)
  const repository = route.repository ?? ''
  if (route.repository !== undefined && !isRepositoryName(repository)) {
    throw new RegistryFault(400, 'NAME_INVALID', 'not a repository name')
  }
  const input: HandlerInput = { request, headers, body, context, repository, argument: route.argument ?? '' }
  switch (route.kind) {
    case 'ping':
      return jsonResponse(200, {})
    case 'catalog':
      return handleCatalog(input)
    case 'tags':
      return handleTags(input)
    case 'referrers':
      return handleReferrers(input)
    case 'blob':
      return handleBlob(input)
    case 'upload':
      return handleUpload(input)
    case 'manifest':
      return handleManifest(input)
  }
}

function describeRequest(incoming: IncomingMessage): { request: RegistryRequest; route: Route } {
  const [path = '/', search = ''] = splitOnce(incoming.url ?? '/', '?')
  const query = new URLSearchParams(search)
  const route = routeRequest(path)
  const named = route.kind === 'upload' ? (query.get('digest') ?? query.get('mount')) : route.argument
  const reference = route.kind === 'manifest' ? route.argument : undefined
  const request: RegistryRequest = {
    method: incoming.method ?? 'GET',
    path,
    query,
    kind: route.kind,
    repository: route.repository,
    reference,
    digest: isDigest(named) ? named : undefined,
    isTag: reference !== undefined && isTag(reference),
    authorization: incoming.headers.authorization?.split(' ')[0]?.toLowerCase(),
    userAgent: incoming.headers['user-agent'],
  }
  return { request, route }
}

async function send(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, headers, body }: RegistryResponse,
  fault: InjectedFault | undefined,
  counter: { sentBytes: number },
  record: () => void,
): Promise<void> {
  const altered = fault?.type === 'alter-response' ? fault : undefined
  const merged = new Map(Object.entries(headers))
  if (altered?.body) merged.set('content-length', String(altered.body.byteLength))
  for (const [name, value] of Object.entries(altered?.headers ?? {})) {
    if (value === null) merged.delete(name.toLowerCase())
    else merged.set(name.toLowerCase(), value)
  }
  outgoing.writeHead(status, {
    'docker-distribution-api-version': 'registry/2.0',
    ...Object.fromEntries(merged),
  })
  if (incoming.method !== 'HEAD' && status !== 304) {
    const true_ = altered?.body ?? (typeof body === 'function' ? body() : body)
    const content = true_ instanceof Uint8Array ? [true_] : (true_ ?? [])
    const source = altered ? alterBody(toAsync(content), altered) : content
    for await (const chunk of source) {
      counter.sentBytes += chunk.byteLength
      if (!outgoing.write(chunk)) await drained(outgoing)
    }
  }
  record()
  outgoing.end()
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

/** Counts what is read of a request; may be iterated again to read the rest. */
function countBytes(incoming: IncomingMessage, onBytes: (bytes: number) => void): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      if (incoming.readableEnded) return
      for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
        onBytes((chunk as Buffer).byteLength)
        yield chunk as Buffer
      }
    },
  }
}

function injectedResponse({
  status,
  headers = {},
  body = '',
}: Extract<InjectedFault, { type: 'respond' }>): RegistryResponse {
  const bytes = Buffer.from(body)
  return { status, headers: { 'content-length': String(bytes.byteLength), ...headers }, body: bytes }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
