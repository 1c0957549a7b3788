import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import {
  type InjectedFault,
  registryProfiles,
  type RequestHook,
  startRegistry,
} from '../testing/embedded-registry.ts'
import { sampleCosign } from '../testing/sample-closure.ts'
import { pushImage, sampleImage, sampleIndex, sampleReferrer } from '../testing/sample-image.ts'
import { copy } from './copy.ts'

/** The request is done, but its answer does not arrive whole, or says something else. */
const lostAnswer: InjectedFault = {
  type: 'alter-response',
  headers: { 'docker-content-digest': digestOf('something else'), location: null },
  truncateAt: 1,
}

describe('a copy that broke off at any request', () => {
  it.each<[string, InjectedFault, 'distribution-2.8' | undefined]>([
    ['a connection that is cut, with the referrers API', { type: 'drop-connection' }, undefined],
    ['an answer that is lost, with the referrers API', lostAnswer, undefined],
    ['a connection that is cut, without the referrers API', { type: 'drop-connection' }, 'distribution-2.8'],
    ['an answer that is lost, without the referrers API', lostAnswer, 'distribution-2.8'],
  ])(
    'by %s: has moved no tag, and a second one ends where an undisturbed one does',
    async (_, fault, profile) => {
      const quirks = profile === undefined ? {} : registryProfiles[profile]
      await using from = await startRegistry({ quirks })
      await using client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
      const source = client.repository({ registry: from.host, repository: 'build/app' })
      const image = sampleImage([10, 20])
      await pushImage(source, image)
      const index = sampleIndex([[{ os: 'linux', architecture: 'amd64' }, image.manifest]])
      await source.putManifest(index, { tag: '1' })
      await pushImage(source, sampleReferrer(index.descriptor, 'application/x.sbom'))
      await pushImage(source, sampleCosign('signed'), `${fallbackTag(index.descriptor.digest)}.sig`)

      async function copyTo(hook: RequestHook | undefined): Promise<{ failed: boolean; content: unknown }> {
        await using to = await startRegistry({ quirks })
        const target = client.repository({ registry: to.host, repository: 'prod/app' })
        from.setRequestHook(hook)
        to.setRequestHook(hook)
        const run = (): Promise<unknown> => copy(source, target, { from: '1', tag: 'prod' })
        const failed = await run().then(
          () => false,
          () => true,
        )
        from.setRequestHook(undefined)
        to.setRequestHook(undefined)
        const last = to.requests.at(-1)
        const wroteTag = last?.method === 'PUT' && last.reference === 'prod'
        if (failed && !wroteTag) expect(to.resolve('prod/app', 'prod')).toBeUndefined()
        if (failed) await run()
        return { failed, content: to.snapshot()['prod/app'] }
      }

      const undisturbed = await copyTo(undefined)
      expect(undisturbed.failed).toBe(false)
      let failures = 0
      for (let at = 0, reached = true; reached; at++) {
        let count = 0
        const { failed, content } = await copyTo(() => (count++ === at ? fault : undefined))
        reached = count > at
        if (failed) failures++
        expect(content, `after a fault at request ${at}`).toEqual(undisturbed.content)
      }
      expect(failures).toBeGreaterThan(20)
    },
    60_000,
  )
})
