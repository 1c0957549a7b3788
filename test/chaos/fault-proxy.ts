import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault, PassingRequest } from './faults.ts'

/** A proxy before a registry. */
export interface FaultProxy extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string
  /** Decides about each request, in the order in which they come. Default: all pass. */
  decide: (request: PassingRequest) => Fault | undefined
  /** What `kill` ends. */
  kill: () => void
}

/** Starts a proxy on a free port of the loopback. Bodies are small here, so they are kept whole. */
export async function startFaultProxy(registry: string): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: FaultProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    decide: () => undefined,
    kill: () => undefined,
    async [Symbol.asyncDispose]() {
      agent.destroy()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return proxy

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming
    const fault = proxy.decide({ method, url })
    if (fault?.type === 'kill' && fault.when === 'before') {
      proxy.kill()
      return void outgoing.destroy()
    }
    const body = await buffer(incoming)
    switch (fault?.type) {
      case 'status': {
        const { status, retryAfter } = fault
        outgoing.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
        return void outgoing.end()
      }
      case 'cut-request':
        if (body.byteLength > fault.afterBytes) {
          await sendPart(incoming, body.subarray(0, fault.afterBytes))
          return void outgoing.destroy()
        }
        break
      case 'not-stored': {
        const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
        outgoing.writeHead(201, { location: url.replace(/\?.*/, ''), 'docker-content-digest': digest })
        return void outgoing.end()
      }
    }

    const answer = await exchange(incoming, body)
    const content = await buffer(answer)
    if (fault?.type === 'kill') {
      proxy.kill()
      return void outgoing.destroy()
    }
    if (fault?.type === 'claimed' && answer.statusCode === 404) {
      const digest = /sha256:[0-9a-f]{64}/.exec(decodeURIComponent(url))![0]
      const type = 'application/vnd.oci.image.manifest.v1+json'
      outgoing.writeHead(200, { 'content-type': type, 'content-length': 4, 'docker-content-digest': digest })
      return void outgoing.end()
    }
    if (fault?.type === 'lost') await loseBlob(url, body)
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    switch (fault?.type) {
      case 'cut-response':
      case 'cut-request':
        // Of an answer without a body not even the header arrives.
        if (content.byteLength > 0) {
          outgoing.flushHeaders()
          await new Promise((resolve) => outgoing.write(content.subarray(0, fault.afterBytes), resolve))
        }
        return void outgoing.destroy()
      case 'drip':
        for (let at = 0; at < content.byteLength; at += fault.bytes) {
          outgoing.write(content.subarray(at, at + fault.bytes))
          await delay(fault.pauseMs)
        }
        return void outgoing.end()
      case 'other-bytes':
        if (content.byteLength > 0 && answer.statusCode === 200) content[content.byteLength >> 1]! ^= 1
        return void outgoing.end(content)
      default:
        return void outgoing.end(content)
    }
  }

  function open(incoming: IncomingMessage, length: number) {
    const [hostname, port] = registry.split(':')
    // The host stays as the client wrote it: registries write it into the addresses that they answer with.
    const headers = { ...incoming.headers, 'content-length': String(length) }
    delete headers['transfer-encoding']
    if (incoming.method === 'GET' || incoming.method === 'HEAD')
      delete (headers as Record<string, unknown>)['content-length']
    return forward({ hostname, port, agent, method: incoming.method, path: incoming.url, headers })
  }

  async function exchange(incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    const request = open(incoming, body.byteLength)
    const answered = once(request, 'response')
    request.end(body)
    const [answer] = (await answered) as [IncomingMessage]
    return answer
  }

  async function loseBlob(url: string, manifest: Buffer): Promise<void> {
    const { subject, layers } = JSON.parse(manifest.toString()) as {
      readonly subject?: object
      readonly layers?: readonly { readonly digest: string }[]
    }
    if (!subject || !layers?.[0]) return
    const blob = url.replace(/\/manifests\/.*/, `/blobs/${layers[0].digest}`)
    const { status } = await fetch(`http://${registry}${blob}`, { method: 'DELETE' })
    if (status !== 202) throw new Error(`the registry did not delete a blob: ${status}`)
  }

  /** Sends less than was announced, and hangs up. */
  async function sendPart(incoming: IncomingMessage, part: Buffer): Promise<void> {
    const request = open(incoming, part.byteLength + 1)
    request.on('error', () => undefined)
    request.on('response', (answer) => answer.resume())
    await new Promise((resolve) => request.write(part, resolve))
    request.destroy()
  }
}
