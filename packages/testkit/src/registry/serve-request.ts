import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from './auth/create-authenticator.ts'
import { decorateResponse } from './decorate-response.ts'
import { describeRequest } from './describe-request.ts'
import { type DispatchInput, dispatchRequest } from './dispatch-request.ts'
import { createEvent } from './events/create-event.ts'
import type { RegistryEvent } from './events/registry-event.ts'
import { dropAfter } from './faults/alter-body.ts'
import { ConnectionDropped, type InjectedFault, type RequestHook } from './faults/injected-fault.ts'
import type { RegistryContext } from './handlers/registry-context.ts'
import type { RecordedRequest } from './recorded-request.ts'
import { RegistryFault } from './registry-fault.ts'
import { faultResponse, jsonResponse, type RegistryResponse } from './registry-response.ts'
import { sendResponse } from './send-response.ts'

/** What serving needs besides the registry's content. */
export interface ServeOptions {
  readonly context: RegistryContext
  readonly authenticator: Authenticator
  readonly onRequest: RequestHook | undefined
  /** Called once for each request, just before its answer ends. */
  readonly record: (request: Omit<RecordedRequest, 'sequence'>) => void
  /** Called for each thing that happened, just before the answer of its request ends. */
  readonly onEvent: (event: RegistryEvent) => void
  readonly instanceId: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Answers one HTTP request; never rejects. */
export async function serveRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: ServeOptions,
): Promise<void> {
  const { context, authenticator, onRequest } = options
  const { request, route } = describeRequest(incoming)
  const counter = { receivedBytes: 0, sentBytes: 0 }
  let actor: string | undefined
  let recorded = false
  const record = (status: number, manifest?: RecordedRequest['manifest']) => {
    if (recorded) return
    recorded = true
    options.record({ ...request, status, ...counter, manifest })
  }
  const announce = ({ happening }: RegistryResponse) => {
    if (!happening) return
    const { origin } = context
    const { instanceId, now } = options
    const repository = request.repository ?? ''
    options.onEvent(createEvent({ happening, incoming, repository, actor, origin, instanceId, now: now() }))
  }
  try {
    const fault = await onRequest?.(request)
    const body = countBytes(incoming, (bytes) => (counter.receivedBytes += bytes))
    const answered = await answer(incoming, fault, {
      request,
      route,
      headers: incoming.headers,
      body,
      staleTags: fault?.type === 'stale-tag',
      context,
      authenticator,
      onActor: (name) => (actor = name),
    })
    for await (const _ of body) void _ // what a refused request still sends would break the connection's next one
    const response = decorateResponse(answered, context.quirks)
    await sendResponse(outgoing, response, {
      method: incoming.method,
      fault,
      onBytes: (bytes) => (counter.sentBytes += bytes),
      onWritten: () => {
        record(response.status, response.manifest)
        announce(response)
      },
    })
  } catch {
    // The client is gone, or a fault was injected: there is no answer to give.
    record(0)
    outgoing.destroy()
    incoming.destroy()
  }
}

async function answer(
  incoming: IncomingMessage,
  fault: InjectedFault | undefined,
  dispatch: DispatchInput,
): Promise<RegistryResponse> {
  if (fault?.type === 'respond') return injectedResponse(fault)
  if (fault?.type === 'drop-connection' && fault.afterBytes === undefined)
    throw new ConnectionDropped('injected')
  const body =
    fault?.type === 'drop-connection' ? dropAfter(dispatch.body, fault.afterBytes ?? 0) : dispatch.body
  try {
    return await dispatchRequest({ ...dispatch, body })
  } catch (error) {
    if (error instanceof RegistryFault) return faultResponse(error)
    if (error instanceof ConnectionDropped || incoming.destroyed) throw error
    return jsonResponse(500, { errors: [{ code: 'UNSUPPORTED', message: 'the test registry failed' }] })
  }
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
