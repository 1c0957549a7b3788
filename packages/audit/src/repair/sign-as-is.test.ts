import { describe, expect, it } from 'vitest'
import { readEvidence } from '@sallyport/attest'
import { backfillType } from './describe-backfill.ts'
import { openRepairTest } from './repair-test.fixture.ts'
import { repair } from './repair.ts'

const signature = 'https://sigstore.dev/cosign/sign/v1'

async function openSigning() {
  const test = await openRepairTest()
  const plan = await test.plan([await test.push('unsigned')], { signAsIs: true })
  const digest = plan.actions[0]!.digest!
  const sign = (options: object = {}) =>
    repair(plan, { ...test, dryRun: false, confirm: plan.digest, ...options }).then(
      ({ outcomes }) => outcomes[0]!,
    )
  return { test, plan, digest, sign }
}

describe('repair of kind sign', () => {
  it('signs as it is, by another key than the gate’s, and says that nobody judged it', async () => {
    const { test, plan, digest, sign } = await openSigning()
    await using _closing = test
    expect(await sign()).toMatchObject({ action: { kind: 'sign' }, result: 'done' })
    expect(test.registry.resolve('prod/app', '1')).toBe(digest)
    expect(await test.evidence('prod/app', digest, 'backfill')).toEqual([backfillType, signature].sort())
    expect(await test.evidence('prod/app', digest, 'gate')).toEqual([])

    const { verified } = await readEvidence(test.repository('prod/app'), digest, {
      keys: [test.backfillSigner.publicKey],
    })
    const found = verified.find(({ statement }) => statement.predicateType === backfillType)!.statement
      .predicate
    expect(found).toMatchObject({
      origin: 'backfill',
      judged: false,
      audit: { id: plan.audit, plannedAt: plan.createdAt },
      found: { class: 'unsigned', tags: ['1'] },
    })
    const signed = verified.filter(({ statement }) => statement.predicateType === signature)
    for (const { statement } of signed)
      expect(statement.subject[0]!.annotations).toMatchObject({ 'dev.sallyport.origin': 'backfill' })
  })

  it('signs once, however often it runs', async () => {
    const { test, sign } = await openSigning()
    await using _closing = test
    await sign()
    test.takeWrites()
    test.advance(3_600_000)
    expect(await sign()).toMatchObject({ result: 'already' })
    expect(test.takeWrites()).toEqual([])
  })

  it('refuses without a signer of its own', async () => {
    const { test, sign } = await openSigning()
    await using _closing = test
    test.takeWrites()
    expect(await sign({ backfillSigner: undefined })).toMatchObject({
      result: 'refused',
      steps: [{ code: 'NO_SIGNER' }],
    })
    expect(test.takeWrites()).toEqual([])
  })
})
