import { describe, expect, it } from 'vitest'
import { parseReference } from '../reference/parse-reference.ts'
import { createRegistryClient } from './create-registry-client.ts'

// References follow the grammar of others, which takes them all for hosts.
describe('a client opens no registry whose name a URL', () => {
  it.each([
    ['can not hold', 'docker.io.5000'],
    ['can not hold', '256.1.1.1'],
    ['can not hold', '192.168.1.1:750050'],
    ['can not hold', '[fd00123123123]:75050'],
    ['takes for another host', '0x7f.1'],
    ['takes for another host', '127.1:5000'],
    ['takes for another host', '010.0.0.1'],
    ['takes for another host', '2130706433:5000'],
    ['writes otherwise', '[0:0::1]:5000'],
  ])('%s: %s', async (_why, registry) => {
    await using client = createRegistryClient()
    const reference = parseReference(`${registry}/team/app:1`)
    const error = expect.objectContaining({ code: 'REFERENCE_INVALID', reference: registry })
    expect(() => client.repository(reference)).toThrow(error)
    expect(() => client.listRepositories(registry)).toThrow(error)
  })

  it.each([
    'docker.io',
    'registry.example:443',
    'LOCALHOST:5000',
    '127.0.0.1:5000',
    '[::1]:5000',
    '10.0.0.1',
  ])('and opens %s', async (registry) => {
    await using client = createRegistryClient()
    expect(() => client.repository({ registry, repository: 'team/app' })).not.toThrow()
  })
})
