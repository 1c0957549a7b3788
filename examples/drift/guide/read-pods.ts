import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import process from 'node:process'
import { json } from 'node:stream/consumers'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { WatchOptions } from './watch.ts'

const account = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Asks the API server for the Pods of a node, as the service account of this Pod. */
export const readPodsOf =
  (node: string): WatchOptions['readPods'] =>
  async (signal) => {
    const [token, ca] = await Promise.all([
      readFile(`${account}/token`, 'utf8'),
      readFile(`${account}/ca.crt`),
    ])
    // As each Pod of the cluster has them.
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
    if (host === undefined) throw new Error('KUBERNETES_SERVICE_HOST is not set: this is no Pod')
    const asking = request({
      host,
      port,
      path: `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`,
      headers: { authorization: `Bearer ${token.trim()}` },
      ca,
      signal,
    }).end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    if (answer.statusCode !== 200) throw new Error(`the API server answered ${answer.statusCode}`)
    return (await json(answer)) as Awaited<ReturnType<WatchOptions['readPods']>>
  }
