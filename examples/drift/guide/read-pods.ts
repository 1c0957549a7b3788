import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
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
    const asking = request({
      host: 'kubernetes.default.svc',
      path: `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`,
      headers: { authorization: `Bearer ${token}` },
      ca,
      signal,
    }).end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    if (answer.statusCode !== 200) throw new Error(`the API server answered ${answer.statusCode}`)
    return (await json(answer)) as Awaited<ReturnType<WatchOptions['readPods']>>
  }
