import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { digestOf } from '@sallyport/core'

/** A running service. */
export interface SampleService {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Starts a service that knows the packages of Debian 12, and one vulnerability of expat. */
export async function startService(): Promise<SampleService> {
  const server = createServer((request, response) => {
    void text(request).then((sbom) => response.end(JSON.stringify(judge(sbom))))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function judge(sbom: string): object {
  const { components = [] } = JSON.parse(sbom) as { components?: { purl?: string }[] }
  const purls = components.flatMap(({ purl }) => (purl === undefined ? [] : [purl]))
  const judged = purls.filter((purl) => /^pkg:deb\/debian\/.*\bdistro=debian-12/.test(purl))
  return {
    schema: 1,
    sbom: digestOf(sbom),
    version: '1.0.0',
    updatedAt: new Date().toISOString(),
    judged,
    vulnerabilities: judged
      .filter((purl) => purl.startsWith('pkg:deb/debian/libexpat1@2.5.0-1'))
      .map((purl) => ({ id: 'CVE-2024-28757', purl, severity: 'high', fixedIn: '2.5.0-1+deb12u3' })),
  }
}
