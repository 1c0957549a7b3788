import { strict as assert } from 'node:assert'
import { copy, createRegistryClient, parseReference } from '@sallyport/oci'
import {
  createImage,
  faultOn,
  pushImage,
  registryFaults,
  registryProfiles,
  startRegistry,
} from '@sallyport/testkit'

/** A copy to a registry like Harbor survives a lost connection and an overload. */
export async function testCopyWithFaults(): Promise<void> {
  await using build = await startRegistry()
  await using production = await startRegistry({ quirks: registryProfiles.harbor })
  await using client = createRegistryClient({ retry: { baseDelayMs: 1 } })
  const source = client.repository(parseReference(`${build.host}/team/app`))
  const target = client.repository(parseReference(`${production.host}/team/app`))
  await pushImage(source, createImage({ layers: [{ files: { 'etc/motd': 'hello' } }] }), '1.4')

  build.setRequestHook(faultOn({ kind: 'blob', method: 'GET', times: 1 }, registryFaults.cutResponse(10)))
  production.setRequestHook(
    faultOn({ kind: 'manifest', method: 'PUT', times: 1 }, registryFaults.tooManyRequests()),
  )
  await copy(source, target, { from: '1.4', tag: '1.4' })

  assert.equal(production.resolve('team/app', '1.4'), build.resolve('team/app', '1.4'))
  assert.equal(production.requests.at(-1)?.reference, '1.4', 'the tag comes last')
}
