import { startSigstore } from '@sallyport/testkit/sigstore'
import { expect, it } from 'vitest'
import { fixedIdentityToken } from '../keyless/identity/given-identity-token.ts'
import { fulcioSigner } from '../keyless/fulcio-signer.ts'
import { rekorLog } from '../keyless/rekor-log.ts'
import { timestampAuthority } from '../keyless/timestamp-authority.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { startSampleRepository } from '../testing/sample-repository.ts'
import { parseTrustedRoot } from '../trust/trusted-root.ts'
import { readEvidence } from '../verify/read-evidence.ts'
import { attachAttestation, attachSignature } from './attach.ts'
import { createAttacher } from './create-attacher.ts'

it.each([1, 2] as const)(
  'attaches in both forms with one certificate, complete and once, with Rekor v%i',
  async (version) => {
    await using sigstore = await startSigstore()
    await using sample = await startSampleRepository()
    const { repository, subject, reference } = sample
    const token = fixedIdentityToken(sigstore.issueToken())
    const signer = fulcioSigner({ url: sigstore.fulcioUrl, token })
    const url = version === 1 ? sigstore.rekorV1Url : sigstore.rekorV2Url
    const witnesses = [rekorLog({ url, version }), timestampAuthority({ url: sigstore.timestampUrl })]
    const root = parseTrustedRoot(Buffer.from(JSON.stringify(sigstore.trustedRoot)))
    const asked = (service: string): number =>
      sigstore.requests.filter((request) => request.service === service && request.method === 'POST').length

    const statement = createStatement([{ digest: subject.digest }], predicateTypes.vsa, {})
    const base = { createdAt: new Date(), settleMs: 0, witnesses }
    await attachAttestation(repository, subject, statement, signer, base)
    expect([asked('fulcio'), asked(`rekor-v${version}`), asked('timestamp')]).toEqual([1, 1, 1])
    await attachSignature(repository, subject, signer, { ...base, reference, annotations: { tier: 'prod' } })
    expect([asked('fulcio'), asked(`rekor-v${version}`), asked('timestamp')]).toEqual([2, 3, 3])

    const report = await readEvidence(repository, subject.digest, { root })
    // A log of version 2 promises nothing that older readers know; then only the timestamp is in the layers.
    const missing = report.rejected.map(({ store, reason }) => [store, reason])
    expect(missing.toSorted()).toEqual(
      version === 1
        ? []
        : [
            ['legacy-attestation', 'log-invalid'],
            ['legacy-signature', 'log-invalid'],
          ],
    )
    expect(report.verified.map(({ store }) => store)).toEqual(
      version === 1 ? ['bundle', 'bundle', 'legacy-signature', 'legacy-attestation'] : ['bundle', 'bundle'],
    )
    const [found] = report.verified
    if (found?.signer.kind !== 'certificate') throw new Error('no certificate')
    const { issuer, subject: name } = found.signer
    const relaxed = await readEvidence(repository, subject.digest, { root, thresholds: { log: 0 } })
    expect(relaxed.verified).toHaveLength(4)
    for (const { statement: each } of relaxed.verified.filter(
      (evidence) => evidence.statement.predicateType === predicateTypes.cosignSign,
    ))
      expect(each.subject[0]?.annotations).toEqual({ tier: 'prod' })

    const trust = { root, thresholds: { log: 0 }, identities: [{ issuer, subject: name }] }
    const again = await attachAttestation(repository, subject, statement, signer, { ...base, trust })
    expect(again.written).toBe(false)
    const stranger = { ...trust, identities: [{ issuer, subject: 'somebody else' }] }
    const anew = await attachAttestation(repository, subject, statement, signer, { ...base, trust: stranger })
    expect(anew.written).toBe(true)
  },
)

it('completes on a second call what could not be stored in the first', async () => {
  await using sigstore = await startSigstore()
  await using sample = await startSampleRepository()
  const { repository, subject, registry } = sample
  const token = fixedIdentityToken(sigstore.issueToken())
  const signer = fulcioSigner({ url: sigstore.fulcioUrl, token })
  const witnesses = [rekorLog({ url: sigstore.rekorV1Url, version: 1 })]
  const root = parseTrustedRoot(Buffer.from(JSON.stringify(sigstore.trustedRoot)))
  const statement = createStatement([{ digest: subject.digest }], predicateTypes.vsa, {})
  const identities = [{ issuer: { pattern: '.*' }, subject: { pattern: '.*' } }]
  const options = { createdAt: new Date(), settleMs: 0, witnesses, trust: { root, identities } }
  const attach = () => attachAttestation(repository, subject, statement, signer, options)
  registry.setRequestHook(({ method, path }) =>
    method === 'PUT' && path.endsWith('.att') ? { type: 'respond', status: 400 } : undefined,
  )
  await expect(attach()).rejects.toMatchObject({ name: 'OciError' })
  registry.setRequestHook(undefined)
  expect(await attach()).toMatchObject({ written: true })
  const { verified } = await readEvidence(repository, subject.digest, { root })
  expect(verified.map(({ store }) => store)).toEqual(['bundle', 'legacy-attestation'])
})

/** A Sigstore, a repository, and a signer for each of the names. */
async function openIdentities() {
  const stack = new AsyncDisposableStack()
  const sigstore = stack.use(await startSigstore())
  const sample = stack.use(await startSampleRepository())
  const asked = (service: string): number =>
    sigstore.requests.filter((request) => request.service === service && request.method === 'POST').length
  const signerOf = (email: string, subject = email) =>
    fulcioSigner({
      url: sigstore.fulcioUrl,
      token: fixedIdentityToken(sigstore.issueToken({ email })),
      identity: { issuer: sigstore.oidcUrl, subject },
    })
  const root = parseTrustedRoot(Buffer.from(JSON.stringify(sigstore.trustedRoot)))
  const witnesses = [
    rekorLog({ url: sigstore.rekorV2Url, version: 2 }),
    timestampAuthority({ url: sigstore.timestampUrl }),
  ]
  const options = { createdAt: new Date(), settleMs: 0, mode: 'bundle', witnesses, trust: { root } } as const
  const statement = createStatement([{ digest: sample.subject.digest }], predicateTypes.vsa, {})
  return {
    ...sample,
    sigstore,
    asked,
    signerOf,
    options,
    statement,
    attach: (email: string, subject?: string) =>
      attachAttestation(sample.repository, sample.subject, statement, signerOf(email, subject), options),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

it('leaves alone what the identity of the signer signed, and nothing that another did', async () => {
  await using test = await openIdentities()
  expect(await test.attach('one@acme.test')).toMatchObject({ written: true })
  expect(await test.attach('one@acme.test')).toMatchObject({ written: false, keyId: '' })
  expect(await test.attach('other@acme.test')).toMatchObject({ written: true })
  // Neither the other's evidence nor a wider trust stands for one's own.
  const identities = [{ issuer: test.sigstore.oidcUrl, subject: { pattern: '.*' } }]
  const third = attachAttestation(
    test.repository,
    test.subject,
    test.statement,
    test.signerOf('third@acme.test'),
    { ...test.options, trust: { ...test.options.trust, identities } },
  )
  expect(await third).toMatchObject({ written: true })
  expect([test.asked('fulcio'), test.asked('rekor-v2')]).toEqual([3, 3])
})

it.each([
  ['subject', 'intruder@acme.test', undefined],
  ['issuer', 'one@acme.test', 'https://issuer.acme.test'],
])('signs nothing with a certificate of another %s', async (_field, email, issuer) => {
  await using test = await openIdentities()
  const signer = fulcioSigner({
    url: test.sigstore.fulcioUrl,
    token: fixedIdentityToken(test.sigstore.issueToken({ email })),
    identity: { issuer: issuer ?? test.sigstore.oidcUrl, subject: 'one@acme.test' },
  })
  const attached = attachAttestation(test.repository, test.subject, test.statement, signer, test.options)
  await expect(attached).rejects.toMatchObject({
    name: 'AttestError',
    code: 'IDENTITY_INVALID',
    message: expect.stringContaining(issuer ?? 'intruder@acme.test') as string,
  })
  expect([test.asked('rekor-v2'), test.asked('timestamp')]).toEqual([0, 0])
  const { verified } = await readEvidence(test.repository, test.subject.digest, {
    root: test.options.trust.root,
  })
  expect(verified).toEqual([])
})

it('uses one certificate for all that an attacher attaches, and asks again after a failure', async () => {
  await using test = await openIdentities()
  const attacher = createAttacher(test.repository, test.options)
  const signer = test.signerOf('one@acme.test')
  const attach = (predicate: object) =>
    attacher.attach([{ subject: test.subject, statement: { ...test.statement, predicate }, signer }])
  test.sigstore.setRequestHook(({ service }) =>
    service === 'fulcio' ? { status: 400, body: Buffer.from('no') } : undefined,
  )
  await expect(attach({ at: 1 })).rejects.toMatchObject({ code: 'SERVICE_REFUSED' })
  test.sigstore.setRequestHook(undefined)
  const before = test.asked('fulcio')
  await attach({ at: 1 })
  await attach({ at: 2 })
  expect(test.asked('fulcio') - before).toBe(1)
  expect(test.asked('rekor-v2')).toBe(2)
})
