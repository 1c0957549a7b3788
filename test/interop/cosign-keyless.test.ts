import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attachAttestation,
  attachSignature,
  type CertificateIdentity,
  createStatement,
  fixedIdentityToken,
  generateSigningKey,
  type ImageVerdict,
  keySigner,
  type KeylessSigner,
  parseSigningConfig,
  parseTrustedRoot,
  type Requirement,
  type Signer,
  type SigningServices,
  signingServices,
  type StorageMode,
  type TrustedRoot,
  verifyImage,
} from '@sallyport/attest'
import type { TokenOptions } from '@sallyport/testkit/sigstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignHome, cosignPassphrase, createCosignHome } from './cosign-home.ts'
import { type EvidencePlace, evidenceRegistries, type EvidenceRegistry } from './evidence-registry.ts'
import { singleImage } from './samples.ts'
import {
  deploymentTimeoutMs,
  sampleIdentities,
  type SigstoreDeployment,
  sigstoreDeployments,
} from './sigstore-deployments.ts'

const subject = singleImage.raw.descriptor
const noteType = 'https://acme.test/check/v1'
const note = { note: 'checked' }
const tags = '--new-bundle-format=false'
const config = '--signing-config=signing-config.json'
// Without it cosign asks the public log for what has no entry with it.
const offline = '--rekor-url='
const pair = generateSigningKey({ passphrase: cosignPassphrase })

/** With what the image is signed: as somebody, or with a key. */
type SigningMeans = Pick<SigningServices, 'witnesses'> & { readonly signer: Signer | KeylessSigner }

describe.each(sigstoreDeployments)('with $name', ({ rekor, start }) => {
  let directory: string
  let cosign: CosignHome
  let services: SigstoreDeployment
  let root: TrustedRoot
  const registries = new Map<string, EvidenceRegistry>()
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-cosign-'))
    services = await start(directory)
    root = parseTrustedRoot(JSON.stringify(services.trustedRoot))
    cosign = await createCosignHome(join(directory, 'home'))
    await cosign.write('trusted-root.json', services.trustedRoot)
    await cosign.write('signing-config.json', services.signingConfig)
    await cosign.write('note.json', note)
    await cosign.write('release.key', pair.privateKey)
    await cosign.write('release.pub', pair.publicKey)
    for (const registry of evidenceRegistries) {
      registries.set(registry.name, await registry.start(directory))
    }
  }, 2 * deploymentTimeoutMs)
  afterAll(async () => {
    for (const registry of registries.values()) await registry[Symbol.asyncDispose]()
    await services?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  const run = (command: string, ...args: readonly string[]): Promise<string> =>
    cosign.run(command, '--allow-http-registry', '--trusted-root=trusted-root.json', ...args)
  const signingAs = (token: TokenOptions): SigningServices =>
    signingServices(parseSigningConfig(JSON.stringify(services.signingConfig)), {
      token: fixedIdentityToken(services.issueToken(token)),
    })

  /** Signs and attests the image with us. */
  async function attach(
    place: EvidencePlace,
    { signer, witnesses }: SigningMeans,
    mode: StorageMode,
  ): Promise<void> {
    const options = { mode, createdAt: new Date(), settleMs: 0, witnesses }
    const statement = createStatement([{ name: place.name, digest: subject.digest }], noteType, note)
    await attachSignature(place.repository, subject, signer, { ...options, reference: place.name })
    await attachAttestation(place.repository, subject, statement, signer, options)
  }
  /** Signs and attests the image with cosign. */
  async function attachTheirs({ image }: EvidencePlace, ...flags: readonly string[]): Promise<void> {
    const signing = ['--yes', ...flags]
    await run('sign', ...signing, image)
    await run('attest', '--type', noteType, '--predicate', 'note.json', ...signing, image)
  }

  /** What cosign says of the signature and of the attestation: `true`, or its complaint. */
  async function judgeWithCosign(
    { image }: EvidencePlace,
    flags: readonly string[],
  ): Promise<readonly (true | string)[]> {
    const answers = await Promise.allSettled([
      run('verify', ...flags, image),
      run('verify-attestation', '--type', noteType, ...flags, image),
    ])
    return answers.map((answer) => (answer.status === 'fulfilled' ? true : String(answer.reason)))
  }
  const by = (issuer: string, name: string): readonly string[] => [
    `--certificate-identity=${name}`,
    `--certificate-oidc-issuer=${issuer}`,
  ]

  const judge = (
    { repository }: EvidencePlace,
    signers: { readonly identities: readonly CertificateIdentity[] } | { readonly keys: readonly string[] },
    thresholds?: { readonly log: number },
  ): Promise<ImageVerdict> => {
    // A certificate tells since when its key can have signed; of a key alone nobody knows.
    const maxAgeMs = 'keys' in signers ? undefined : 600_000
    const requirements: readonly Requirement[] = [
      { kind: 'signature', by: signers, maxAgeMs },
      { kind: 'attestation', by: signers, predicateType: noteType, maxAgeMs },
    ]
    return verifyImage(repository, subject.digest, { requirements, root, thresholds })
  }
  const refusal = { verdict: 'fail', requirements: [{ satisfied: false }, { satisfied: false }] }

  const rows = evidenceRegistries.flatMap(({ name }) =>
    sampleIdentities.map((identity) => ({ name, ...identity })),
  )

  it.each(rows)(
    'cosign verifies what we signed as $who in $name, for that one and its issuer alone',
    async ({ name, repository, token, subject, another, issuer, flags, otherFlag }) => {
      const place = await registries.get(name)!.push(`ours/${repository}`, singleImage)
      await attach(place, signingAs(token), 'bundle')
      const right = services[issuer]
      expect(await judgeWithCosign(place, [...by(right, subject), ...flags])).toEqual([true, true])
      const identityMismatch = expect.stringContaining('expected SAN value') as string
      expect(await judgeWithCosign(place, by(right, another))).toEqual([identityMismatch, identityMismatch])
      const issuerMismatch = expect.stringContaining('expected issuer value') as string
      const wrong = `${right}/other`
      expect(await judgeWithCosign(place, by(wrong, subject))).toEqual([issuerMismatch, issuerMismatch])
      if (otherFlag === undefined) return
      const claimMismatch = expect.stringContaining('expected GithubWorkflowTrigger') as string
      expect(await judgeWithCosign(place, [...by(right, subject), otherFlag])).toEqual([
        claimMismatch,
        claimMismatch,
      ])
    },
  )

  it.each(rows)(
    'we verify what cosign signed as $who in $name, for that one and its issuer alone',
    async ({ name, repository, token, subject, another, issuer: issuerName, claims, otherClaims }) => {
      const place = await registries.get(name)!.push(`theirs/${repository}`, singleImage)
      await attachTheirs(place, config, `--identity-token=${services.issueToken(token)}`)
      const issuer = services[issuerName]
      const verdict = await judge(place, { identities: [{ issuer, subject, claims }] })
      expect(verdict).toMatchObject({ verdict: 'pass', warnings: [] })
      for (const { evidence } of verdict.requirements) {
        expect(evidence).toMatchObject([
          { store: 'bundle', signer: { kind: 'certificate', issuer, subject, claims } },
        ])
      }
      for (const wrong of [
        { issuer, subject: another },
        { issuer: `${issuer}/other`, subject },
        ...(otherClaims ? [{ issuer, subject, claims: otherClaims }] : []),
      ])
        expect(await judge(place, { identities: [wrong] })).toMatchObject(refusal)
    },
  )

  it.each(evidenceRegistries)(
    'with a key, log and timestamp, each verifies the other in $name',
    async ({ name }) => {
      const registry = registries.get(name)!
      const checks = ['--key=release.pub']
      const ours = await registry.push('ours/key', singleImage)
      const signer = keySigner(pair.privateKey, { passphrase: cosignPassphrase })
      await attach(ours, { ...signingAs({ email: 'developer@acme.test' }), signer }, 'bundle')
      expect(await judgeWithCosign(ours, checks)).toEqual([true, true])
      const theirs = await registry.push('theirs/key', singleImage)
      await attachTheirs(theirs, config, '--key=release.key')
      for (const place of [ours, theirs])
        expect(await judge(place, { keys: [pair.publicKey] }, { log: 1 })).toMatchObject({ verdict: 'pass' })
      const unlogged = await registry.push('ours/unlogged', singleImage)
      await attach(unlogged, { signer, witnesses: [] }, 'bundle')
      const missing = expect.stringContaining('not enough verified log entries') as string
      expect(await judgeWithCosign(unlogged, checks)).toEqual([missing, missing])
      expect(await judge(unlogged, { keys: [pair.publicKey] }, { log: 1 })).toMatchObject(refusal)
    },
  )

  const [email] = sampleIdentities
  const stamped = [tags, offline, '--use-signed-timestamps', '--insecure-ignore-tlog=true']
  /** What cosign and we say of evidence under tags, with the log and without. */
  async function judgeTags(place: EvidencePlace): Promise<object> {
    const issuer = services.emailIssuer
    const signer = by(issuer, email.subject)
    const accepted = { identities: [{ issuer, subject: email.subject }] }
    return {
      cosign: await judgeWithCosign(place, [...signer, tags, offline]),
      cosignWithTimestamps: await judgeWithCosign(place, [...signer, ...stamped]),
      cosignForAnother: await judgeWithCosign(place, [...by(issuer, email.another), ...stamped]),
      we: (await judge(place, accepted)).verdict,
      weWithTimestamps: (await judge(place, accepted, { log: 0 })).verdict,
    }
  }
  const unlogged = expect.stringContaining('rekor client not provided') as string
  // For cosign the timestamp of an attestation under a tag is one of the whole envelope, though it makes none such.
  const unstamped = expect.stringContaining('expected at least one verified timestamp') as string
  const stranger = expect.stringContaining('none of the expected identities matched') as string
  const tagVerdicts =
    rekor === 1
      ? {
          cosign: [true, true],
          cosignWithTimestamps: [true, true],
          cosignForAnother: [stranger, stranger],
          we: 'pass',
          weWithTimestamps: 'pass',
        }
      : {
          cosign: [unlogged, unlogged],
          cosignWithTimestamps: [true, unstamped],
          cosignForAnother: [stranger, unstamped],
          we: 'fail',
          weWithTimestamps: 'pass',
        }

  it.each(evidenceRegistries)('cosign and we read what we put under tags in $name', async ({ name }) => {
    const place = await registries.get(name)!.push('ours/tags', singleImage)
    await attach(place, signingAs(email.token), 'legacy')
    expect(await judgeTags(place)).toEqual(tagVerdicts)
  })

  it.each(evidenceRegistries)('we and cosign read what cosign puts under tags in $name', async ({ name }) => {
    const place = await registries.get(name)!.push('theirs/tags', singleImage)
    const { caUrls, rekorTlogUrls, tsaUrls } = services.signingConfig
    // In this form it takes no signing config, and knows logs of version 1 only.
    await attachTheirs(
      place,
      tags,
      '--use-signing-config=false',
      `--fulcio-url=${caUrls[0]!.url}`,
      ...(rekor === 1
        ? [`--rekor-url=${rekorTlogUrls[0]!.url}`]
        : ['--tlog-upload=false', `--timestamp-server-url=${tsaUrls[0]!.url}`]),
      `--identity-token=${services.issueToken(email.token)}`,
    )
    expect(await judgeTags(place)).toEqual(tagVerdicts)
  })
})
