import { expect, it } from 'vitest'
import { openGateTest } from '../promote/gate-test.fixture.ts'
import { attestPromotion } from './attest-promotion.ts'
import { preparePromotion } from './prepare-promotion.ts'
import { publishPromotion } from './publish-promotion.ts'
import { resolvePromotion } from './resolve-promotion.ts'
import { verifyPromotion } from './verify-promotion.ts'

/** Runs everything up to the tag; then something is lost, and time passes. */
async function publishAfter(ms: number, lose: boolean) {
  await using test = await openGateTest()
  const { request, registry } = test
  await using gate = test.gate.open({})
  const { context } = gate
  const resolution = await resolvePromotion(context, request)
  const preparation = await preparePromotion(context, request, resolution)
  if (preparation.verdict !== 'pass') throw new Error(preparation.verdict)
  const attestation = await attestPromotion(context, request, resolution, preparation)
  const verification = await verifyPromotion(context, request, resolution, preparation, attestation)
  if (lose) {
    const { tags } = registry.snapshot()['prod/app']!
    const lost = Object.keys(tags).find((tag) => tag.endsWith('.att'))!
    await fetch(`${registry.url}/v2/prod/app/manifests/${lost}`, { method: 'DELETE' })
  }
  test.gate.advance(ms)
  const publication = await publishPromotion(context, request, resolution, preparation, verification).catch(
    (error: unknown) => error,
  )
  return { publication, tag: test.tag() }
}

it('moves no tag when evidence is gone that was verified a while ago', async () => {
  expect(await publishAfter(60_001, true)).toMatchObject({
    publication: { code: 'VERIFICATION_FAILED', step: 'verify' },
    tag: undefined,
  })
})

it.each([0, 60_001])('moves the tag after %s ms when all is there', async (ms) => {
  const { publication, tag } = await publishAfter(ms, false)
  expect(publication).toEqual({ moved: true })
  expect(tag).toBeDefined()
})
