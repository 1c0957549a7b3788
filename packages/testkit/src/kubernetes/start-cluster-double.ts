import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTlsAuthority } from '../tls/create-tls-authority.ts'

/** An API server that knows a few objects, answers as the real one, and counts what it was asked. */
export interface ClusterDouble extends AsyncDisposable {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string
  /** File with the token of the Pod. */
  readonly tokenFile: string
  /** PEM file of the authority. */
  readonly authorityFile: string
  /** Token that counts; the file is not changed with it. */
  token: string
  /** Objects by path. */
  readonly objects: Map<string, object>
  /** Paths that the token has no right to. */
  readonly forbidden: Set<string>
  /** Paths in the order in which they were asked for. */
  readonly asked: string[]
  /** Answers instead, when it gives something. */
  fault: (
    path: string,
  ) => { readonly status: number; readonly body: string; readonly location?: string } | undefined
}

/** Starts one on a free port of the loopback interface. */
export async function startClusterDouble(): Promise<ClusterDouble> {
  const authority = createTlsAuthority()
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cluster-'))
  const [tokenFile, authorityFile] = [join(folder, 'token'), join(folder, 'ca.crt')]
  await writeFile(tokenFile, 'first-token\n')
  await writeFile(authorityFile, authority.ca)
  const server = createServer(
    authority.issue({ name: 'kubernetes', hosts: ['127.0.0.1'] }),
    (request, response) => {
      const path = request.url ?? ''
      double.asked.push(path)
      const send = (status: number, body: string, headers = {}): void => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
      }
      const refuse = (code: number, reason: string): void =>
        send(code, JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code }))
      const fault = double.fault(path)
      if (fault) return send(fault.status, fault.body, fault.location ? { location: fault.location } : {})
      if (request.headers.authorization !== `Bearer ${double.token}`) return refuse(401, 'Unauthorized')
      if (double.forbidden.has(path)) return refuse(403, 'Forbidden')
      const object = double.objects.get(path)
      return object ? send(200, JSON.stringify(object)) : refuse(404, 'NotFound')
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const double: ClusterDouble = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokenFile,
    authorityFile,
    token: 'first-token',
    objects: new Map(),
    forbidden: new Set(),
    asked: [],
    fault: () => undefined,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      await rm(folder, { recursive: true, force: true })
    },
  }
  return double
}
