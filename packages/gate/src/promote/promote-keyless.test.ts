import {
  createImageVerifier,
  fixedIdentityToken,
  fulcioSigner,
  generateSigningKey,
  type IdentitySigner,
  keySigner,
  parseTrustedRoot,
  predicateTypes,
  readEvidence,
  rekorLog,
  timestampAuthority,
} from '@sallyport/attest'
import { type RunningSigstore, startSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { sqliteJournal } from '../journal/sqlite-journal.ts'
import { openGateTest, passed } from './gate-test.fixture.ts'
import type { SignatureConfirmation } from './gate-signer.ts'

type RekorVersion = 1 | 2

/** A Sigstore, and a gate's parts that sign as identities of it. */
async function openKeylessTest(version: RekorVersion = 2) {
  const test = await openGateTest()
  const sigstore = await startSigstore()
  const signerOf = (subject: string, named = subject): IdentitySigner =>
    fulcioSigner({
      url: sigstore.fulcioUrl,
      token: { token: async () => sigstore.issueToken({ email: subject }) },
      identity: { issuer: sigstore.oidcUrl, subject: named },
    })
  const confirmation: SignatureConfirmation = {
    witnesses: [
      rekorLog({ url: version === 1 ? sigstore.rekorV1Url : sigstore.rekorV2Url, version }),
      timestampAuthority({ url: sigstore.timestampUrl }),
    ],
    root: parseTrustedRoot(Buffer.from(JSON.stringify(sigstore.trustedRoot))),
  }
  const signer = { evidence: signerOf('scan@acme.test'), release: signerOf('release@acme.test') }
  const { from, to } = test.request
  return {
    ...test,
    sigstore,
    confirmation,
    signerOf,
    signer,
    promote: (options: Partial<Parameters<typeof test.gate.promote>[0]> = {}) =>
      test.gate.promote({ from, to, signer, confirmation, settleMs: 0, ...options }),
    asked: (service: string) =>
      sigstore.requests.filter((each) => each.service === service && each.method === 'POST').length,
    async [Symbol.asyncDispose]() {
      await sigstore.close()
      await test[Symbol.asyncDispose]()
    },
  }
}

describe('a gate that signs as identities', () => {
  it('promotes with evidence of one and a release of the other, each with one certificate', async () => {
    await using test = await openKeylessTest()
    const { digest, record } = passed(await test.promote())
    expect(test.tag()).toBe(digest)
    expect(test.asked('fulcio')).toBe(2)
    const [scan, release] = ['scan@acme.test', 'release@acme.test'].map((subject) => ({
      issuer: test.sigstore.oidcUrl,
      subject,
    }))
    expect(record.signers).toEqual({
      evidence: `scan@acme.test (${test.sigstore.oidcUrl})`,
      release: `release@acme.test (${test.sigstore.oidcUrl})`,
    })
    const repository = test.gate.repository(test.request.to)
    const { verified, rejected } = await readEvidence(repository, digest, { root: test.confirmation.root })
    expect(rejected).toEqual([])
    expect(verified.every(({ store }) => store === 'bundle')).toBe(true)
    const released: readonly string[] = [predicateTypes.vsa, predicateTypes.cosignSign]
    for (const { signer, statement } of verified)
      expect(signer).toMatchObject(released.includes(statement.predicateType) ? release! : scan!)
    expect(new Set(verified.map(({ statement }) => statement.predicateType)).size).toBeGreaterThan(3)

    const verifierOf = (identity: { issuer: string; subject: string }) =>
      createImageVerifier({
        requirements: [{ kind: 'signature', by: { identities: [identity] } }],
        root: test.confirmation.root,
      })
    expect((await verifierOf(release!).verify(repository, digest)).verdict).toBe('pass')
    expect((await verifierOf(scan!).verify(repository, digest)).verdict).not.toBe('pass')
  })

  it('signs nothing anew when nothing is new, and what is when it has forgotten', async () => {
    await using test = await openKeylessTest()
    const first = passed(await test.promote())
    const [certificates, entries] = [test.asked('fulcio'), test.asked('rekor-v2')]
    const writes = test.writes().length
    expect(passed(await test.promote())).toMatchObject({ changed: false, digest: first.digest })
    expect([test.asked('fulcio'), test.asked('rekor-v2'), test.writes().length]).toEqual([
      certificates,
      entries,
      writes,
    ])
    await using journal = sqliteJournal(':memory:')
    const again = passed(await test.promote({ journal }))
    // The scan and the decision are new; the rest is as it was.
    const dated: readonly string[] = [predicateTypes.vulns, predicateTypes.vsa]
    const undated = ({ record }: typeof first) =>
      record.evidence.filter(({ predicateType }) => !dated.includes(predicateType))
    expect(undated(again)).toEqual(undated(first))
    expect(test.asked('rekor-v2') - entries).toBe(2)
  })

  it.each<[string, (sigstore: RunningSigstore) => string]>([
    ['the authority', () => 'fulcio'],
    ['the log', () => 'rekor-v2'],
    ['the timestamp authority', () => 'timestamp'],
  ])('moves no tag while %s does not answer, and goes on afterwards', async (_title, serviceOf) => {
    await using test = await openKeylessTest()
    const broken = serviceOf(test.sigstore)
    test.sigstore.setRequestHook(({ service }) =>
      service === broken ? { status: 400, body: Buffer.from('no') } : undefined,
    )
    expect(await test.promote()).toMatchObject({ verdict: 'error', error: { step: 'attest' } })
    expect(test.tag()).toBeUndefined()
    test.sigstore.setRequestHook(undefined)
    const { digest } = passed(await test.promote())
    expect(test.tag()).toBe(digest)
  })

  it('neither signs nor stores as somebody else than it is said to be', async () => {
    await using test = await openKeylessTest()
    const signer = { ...test.signer, evidence: test.signerOf('intruder@acme.test', 'scan@acme.test') }
    const outcome = await test.promote({ signer })
    expect(outcome).toMatchObject({ verdict: 'error', error: { step: 'attest' } })
    expect(outcome.verdict === 'error' && outcome.error.cause).toMatchObject({ code: 'IDENTITY_INVALID' })
    expect(test.tag()).toBeUndefined()
    expect(test.asked('rekor-v2')).toBe(0)
    const manifests = test.writes().filter(({ path }) => path.startsWith('/v2/prod/app/manifests/'))
    expect(manifests).toHaveLength(1)
  })

  it('refuses what a custom signer signed with the certificate of somebody else', async () => {
    await using test = await openKeylessTest()
    const stranger = fulcioSigner({
      url: test.sigstore.fulcioUrl,
      token: fixedIdentityToken(test.sigstore.issueToken({ email: 'intruder@acme.test' })),
    })
    const release: IdentitySigner = { ...stranger, identity: test.signer.release.identity }
    expect(await test.promote({ signer: { ...test.signer, release } })).toMatchObject({
      verdict: 'error',
      error: { code: 'VERIFICATION_FAILED' },
    })
    expect(test.tag()).toBeUndefined()
  })

  it('is refused without anybody who confirms', async () => {
    await using test = await openKeylessTest()
    expect(await test.promote({ confirmation: undefined })).toMatchObject({
      verdict: 'error',
      error: { code: 'OPTIONS_INVALID' },
    })
  })

  it('is refused when it is not said as whom, before anything is signed', async () => {
    await using test = await openKeylessTest()
    const evidence = { ...test.signer.evidence, identity: undefined } as unknown as IdentitySigner
    expect(await test.promote({ signer: { ...test.signer, evidence } })).toMatchObject({
      verdict: 'error',
      error: { code: 'OPTIONS_INVALID' },
    })
    expect(test.asked('fulcio')).toBe(0)
    expect(test.tag()).toBeUndefined()
  })

  it('stores the old forms too where that is wanted and the log is of version 1', async () => {
    await using test = await openKeylessTest(1)
    const { record } = passed(await test.promote({ evidenceMode: 'both' }))
    expect(new Set(record.evidence.flatMap(({ pieces }) => pieces.map(({ store }) => store)))).toEqual(
      new Set(['bundle', 'legacy-attestation', 'legacy-signature']),
    )
  })

  it('is another promotion than one by keys, or by other identities', async () => {
    await using test = await openKeylessTest()
    const keys = [passed(await test.promote()).record.key]
    const other = { ...test.signer, release: test.signerOf('other@acme.test') }
    keys.push(passed(await test.promote({ signer: other })).record.key)
    keys.push(passed(await test.gate.promote({ ...test.request, settleMs: 0 })).record.key)
    expect(new Set(keys).size).toBe(3)
  })
})

describe('a gate whose keys are confirmed', () => {
  it('has each signature logged, and wants it when it reads back', async () => {
    await using test = await openKeylessTest(1)
    const [evidence, release] = [generateSigningKey(), generateSigningKey()]
    const signer = { evidence: keySigner(evidence.privateKey), release: keySigner(release.privateKey) }
    const confirmation = { ...test.confirmation, thresholds: { log: 1, time: 1 } }
    passed(await test.promote({ signer, confirmation: undefined }))
    expect(test.asked('rekor-v1')).toBe(0)
    const { digest, record } = passed(await test.promote({ signer, confirmation }))
    expect(record.evidence.every((each) => 'keyId' in each)).toBe(true)
    const { verified } = await readEvidence(test.gate.repository(test.request.to), digest, {
      keys: [evidence.publicKey, release.publicKey],
      root: confirmation.root,
      thresholds: confirmation.thresholds,
    })
    const stores = new Set(verified.map(({ store }) => store))
    expect(stores).toEqual(new Set(['bundle', 'legacy-attestation', 'legacy-signature']))
  })

  it('takes one that signs with a key and as an identity', async () => {
    await using test = await openKeylessTest()
    const { privateKey } = generateSigningKey()
    const { record } = passed(
      await test.promote({ signer: { ...test.signer, release: keySigner(privateKey) } }),
    )
    expect(record.signers.release).toBe(keySigner(privateKey).keyId)
    expect(record.signers.evidence).toContain('scan@acme.test')
  })
})
