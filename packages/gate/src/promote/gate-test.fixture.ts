import type { FreezeWindow, Policy } from '@sallyport/policy'
import { createImage, pushImage, type RecordedRequest, startRegistry } from '@sallyport/testkit'
import { debianImage } from './debian-image.fixture.ts'
import type { PassedOutcome, PromotionOutcome } from './outcome.ts'
import { noCritical, openTestGate, type TestGate } from './test-gate.fixture.ts'

/** A registry with the usual image at `build/app:1`, and a gate. */
export async function openGateTest() {
  const registry = await startRegistry()
  const gate: TestGate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  const push = async (data?: string, reference = from, tag = '1') => {
    const image = createImage(debianImage({ data }))
    await pushImage(gate.repository(reference), image, tag)
    return image.raw.descriptor.digest
  }
  const sourceDigest = await push()
  return {
    registry,
    gate,
    sourceDigest,
    push,
    request: { from, to, tier: 'prod' },
    tag: (repository = 'prod/app') => registry.resolve(repository, '1'),
    writes: () => registry.requests.filter(isWrite),
    async [Symbol.asyncDispose]() {
      await registry.close()
      await gate[Symbol.asyncDispose]()
    },
  }
}

const isWrite = ({ method }: RecordedRequest): boolean => method !== 'GET' && method !== 'HEAD'

/** The usual policy, with windows in which no tag moves. */
export function frozen(...freeze: readonly FreezeWindow[]): Policy {
  const policy = noCritical()
  return { ...policy, tiers: new Map([['prod', { ...policy.tiers.get('prod')!, freeze }]]) }
}

export function passed(outcome: PromotionOutcome): PassedOutcome {
  if (outcome.verdict !== 'pass')
    throw new Error(`not promoted: ${outcome.verdict === 'error' ? outcome.error.message : 'fail'}`)
  return outcome
}
