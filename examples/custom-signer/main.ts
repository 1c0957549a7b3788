// Signs an image with the signer of this folder, by a service in this process, and verifies it by the public key.
import { strict as assert } from 'node:assert'
import { createSign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { attachSignature, generateSigningKey, verifyImage } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { checkLinks } from '../checks/check-links.ts'
import { serviceSigner } from './service-signer.ts'

await checkLinks(join(import.meta.dirname, 'README.md'))
const [own, other] = [generateSigningKey(), generateSigningKey()]
let signing = own
const service = createServer(async (request, response) => {
  if (request.headers.authorization !== 'Bearer secret') response.writeHead(401).end()
  else if (request.url === '/key') response.end(own.publicKey)
  else
    response.end(
      createSign('sha256')
        .update(await buffer(request))
        .sign(signing.privateKey),
    )
}).listen(0, '127.0.0.1')
await once(service, 'listening')
try {
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  await using registry = await startRegistry()
  await using client = createRegistryClient()
  const repository = client.repository(parseReference(`${registry.host}/team/app`))
  const image = createImage({ layers: [{ files: { '/app': 'hello' } }] })
  await pushImage(repository, image, '1')
  const { descriptor } = image.raw
  const verify = async () => {
    const requirements = [{ kind: 'signature' as const, by: { keys: [own.publicKey] } }]
    return (await verifyImage(repository, descriptor.digest, { requirements })).verdict
  }

  // What did not sign in gets nothing, and a signature by another key is found before it is attached.
  await assert.rejects(serviceSigner(url, 'guessed'), /401/)
  const signer = await serviceSigner(url, 'secret')
  signing = other
  await assert.rejects(attachSignature(repository, descriptor, signer, { settleMs: 0 }))
  assert.notEqual(await verify(), 'pass')
  signing = own
  await attachSignature(repository, descriptor, signer, { settleMs: 0 })
  assert.equal(await verify(), 'pass')
  assert.equal(signer.publicKey, own.publicKey)
} finally {
  service.closeAllConnections()
  service.close()
}
