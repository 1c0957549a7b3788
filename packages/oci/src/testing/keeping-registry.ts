import type { Script } from './scripted-server.ts'

/** A registry that keeps what it is given. */
export interface KeepingRegistry {
  readonly script: Script
  /** Content by `repository@digest`. */
  readonly stored: Map<string, Uint8Array>
  /** Most requests that were being answered at once. */
  mostAtOnce(): number
}

/** Creates a registry; `refusesWhole` says which blobs it only takes in chunks. */
export function keepingRegistry(refusesWhole: (size: number) => boolean = () => false): KeepingRegistry {
  const stored = new Map<string, Uint8Array>()
  const parts = new Map<string, Buffer[]>()
  let atOnce = 0
  let most = 0
  return {
    stored,
    mostAtOnce: () => most,
    script({ method, url, body }, response) {
      most = Math.max(most, ++atOnce)
      response.once('close', () => atOnce--)
      const { pathname, searchParams } = new URL(url, 'http://x')
      const [, repository = '', kind, name = ''] =
        /^\/v2\/(.+)\/(manifests|blobs|up)\/([^/]*)/.exec(pathname) ?? []
      if (method === 'POST') {
        const session = `/v2/${repository}/up/${parts.size}`
        parts.set(session, [])
        return void response.writeHead(202, { location: session }).end()
      }
      if (kind === 'up') {
        const earlier = parts.get(pathname) ?? []
        if (method === 'PUT' && earlier.length === 0 && refusesWhole(body.byteLength)) {
          return void response.writeHead(413).end()
        }
        earlier.push(body)
        if (method === 'PATCH') return void response.writeHead(202, { location: pathname }).end()
        if (method === 'PUT')
          stored.set(`${repository}@${searchParams.get('digest')}`, Buffer.concat(earlier))
        return void response.writeHead(201).end()
      }
      const key = `${repository}@${name}`
      if (method === 'PUT') stored.set(key, body)
      if (method === 'PUT') return void response.writeHead(201).end()
      const content = stored.get(key)
      if (content === undefined) return void response.writeHead(404).end()
      const type =
        kind === 'manifests' ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream'
      response.writeHead(200, { 'content-type': type, 'content-length': content.byteLength })
      response.end(method === 'HEAD' ? undefined : content)
    },
  }
}
