import { describe, expect, it } from 'vitest'
import { verifiedContent } from '../blob/verified-content.ts'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import { isInstalled, startOlareg } from '../testing/real-registries.ts'
import { sampleImage, streamOf } from '../testing/sample-image.ts'
import type { RequestEvent } from './metered-transport.ts'
import type { RegistryWarning } from './warnings.ts'

describe.skipIf(!isInstalled('olareg'))('a registry that warns and takes few requests a second', () => {
  it('gets everything, after it was asked to wait, and its warnings are heard once', async () => {
    const flags = ['--rate-limit', '5', '--warning', 'soon gone', '--warning', 'pay up']
    await using server = await startOlareg({ flags })
    const events: RequestEvent[] = []
    const warnings: RegistryWarning[] = []
    await using client = createRegistryClient({
      onRequest: (event) => events.push(event),
      onWarning: (warning) => warnings.push(warning),
      retry: { attempts: 10 },
    })
    const repository = client.repository({ registry: server.registry, repository: 'team/app' })
    const image = sampleImage([1000, 2000, 3000])
    for (const { blob, bytes } of image.blobs) {
      await repository.write(
        blob,
        verifiedContent(blob, () => streamOf(bytes)),
      )
    }
    await repository.putManifest(image.manifest, { tag: 'v1' })
    expect((await repository.getManifest('v1')).descriptor).toEqual(image.manifest.descriptor)

    expect(events.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    expect(client.requests().reduce((sum, { count }) => sum + count, 0)).toBe(events.length)
    expect(warnings.map(({ text }) => text)).toEqual(['soon gone', 'pay up'])
  })
})
