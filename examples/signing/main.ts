// Runs the code of docs/guides/signing.md, and of the README of @sallyport/attest, on this machine.
import { strict as assert } from 'node:assert'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as attest from '@sallyport/attest'
import * as awsKms from '@sallyport/attest/aws-kms'
import * as azureKms from '@sallyport/attest/azure-kms'
import * as gcpKms from '@sallyport/attest/gcp-kms'
import * as tuf from '@sallyport/attest/tuf'
import * as vault from '@sallyport/attest/vault'
import { createRegistryClient } from '@sallyport/oci'
import { startRegistry } from '@sallyport/testkit'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { checkNames, readUnion } from '../checks/check-names.ts'
import { changePassphrase } from './guide/change-passphrase.ts'
import { checkBundle } from './guide/check-bundle.ts'
import { createReleaseVerifier } from './guide/create-release-verifier.ts'
import { explainVerdict } from './guide/explain-verdict.ts'
import { fetchRoot } from './guide/fetch-root.ts'
import { loadRoots } from './guide/load-roots.ts'
import { openKey } from './guide/open-key.ts'
import { rotatingKeys } from './guide/rotate-keys.ts'
import { verifyIdentity } from './guide/verify-identity.ts'
import { findObjections } from './readme/read-summary.ts'
import { signAndVerify } from './readme/sign-and-verify.ts'
import { startSampleServices } from './sample-services.ts'
import { writeSamples } from './write-samples.ts'

const root = join(import.meta.dirname, '..', '..')
const sources = join(root, 'packages', 'attest', 'src')
const guide = join(root, 'docs', 'guides', 'signing.md')
const readme = join(root, 'packages', 'attest', 'README.md')
await checkGuide(guide, join(import.meta.dirname, 'guide'))
await checkGuide(readme, join(import.meta.dirname, 'readme'))
await checkNames(
  readme,
  [attest, awsKms, azureKms, gcpKms, tuf, vault].flatMap((entry) => Object.keys(entry)),
)
for (const [file, type] of [
  ['errors.ts', 'AttestErrorCode'],
  ['verify/evidence.ts', 'RejectionReason'],
  ['verify-image/image-verdict.ts', 'EvidenceProblemCode'],
  ['predicates/check-vsa.ts', 'VsaProblemCode'],
  ['predicates/check-builder.ts', 'BuilderProblemCode'],
  ['predicates/check-sbom-subject.ts', 'SbomProblemCode'],
  ['signing/signature-algorithm.ts', 'SignatureAlgorithm'],
] as const) {
  await checkNames(readme, await readUnion(join(sources, file), type))
}
const manifest = await readFile(join(root, 'packages', 'attest', 'package.json'), 'utf8')
const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Readonly<Record<string, string>> }
await checkNames(readme, Object.keys(dependencies))
for (const document of [guide, readme]) await checkLinks(document)

const folder = await mkdtemp(join(tmpdir(), 'sallyport-signing-'))
const file = (name: string): string => join(folder, name)
await using services = await startSampleServices()
await using registry = await startRegistry()
await using client = createRegistryClient()

try {
  const { digest, repository } = await writeSamples({ client, host: registry.host, folder, services })
  const releaseKey = await readFile(file('release.pub'), 'utf8')
  const oldKey = await readFile(file('old.pub'), 'utf8')

  // Keys.
  const { keyId } = await openKey(file('release.key'))
  await changePassphrase(file('old.key'), process.env['COSIGN_PASSWORD'], 'another passphrase')
  await assert.rejects(openKey(file('old.key')), { code: 'KEY_INVALID' })

  // A released image, and one that is signed but was not let in.
  const verifier = createReleaseVerifier(releaseKey)
  const released = await verifier.verify(repository('app'), '1.4')
  assert.equal(released.allow, true, explainVerdict(released).join('\n'))
  assert.equal(released.digest, digest)
  const signed = await verifier.verify(repository('rotated'), '1.4')
  assert.equal(signed.verdict, 'fail')
  assert.deepEqual(
    signed.requirements.map(({ satisfied }) => satisfied),
    [true, false, false],
  )
  assert(explainVerdict(signed).some((line) => line.startsWith('no: verification summary')))
  const absent = await verifier.verify(repository('app'), 'no-such-tag')
  assert.equal(absent.verdict, 'error')
  assert.match(explainVerdict(absent).join('\n'), /^could not be judged: MANIFEST_NOT_FOUND/)

  // Identities.
  const problems: string[] = []
  const trusted = await loadRoots([file('trusted-root.json')], (problem) => problems.push(problem))
  assert.deepEqual(problems, [])
  const { oidcUrl, tufUrl } = services.sigstore
  const fetched = await fetchRoot(tufUrl, await readFile(file('root.json'), 'utf8'), file('cache'))
  assert.equal(fetched.root.digest, trusted.digest)
  assert.equal(fetched.signingConfig?.caUrls[0]?.url, services.sigstore.fulcioUrl)
  for (const name of ['keyless', 'logged'] as const) {
    const verdict = await verifyIdentity(repository(name), '1.4', trusted, oidcUrl)
    assert.equal(verdict.allow, true, explainVerdict(verdict).join('\n'))
    assert.equal((await verifyIdentity(repository(name), '1.4', trusted)).allow, false)
  }

  // Keys in a service, and old ones.
  const signers = async (name: 'service' | 'rotated' | 'timed', by: attest.AcceptedSigners) =>
    attest.verifyImage(repository(name), digest, { root: trusted, requirements: [{ kind: 'signature', by }] })
  const { publicKey } = await attest.kmsSigner('hashivault://release')
  assert.equal((await signers('service', { keys: [publicKey] })).allow, true)
  assert.equal((await signers('service', { keys: [releaseKey] })).allow, false)
  const [tomorrow, yesterday] = [86_400_000, -86_400_000].map((ms) => new Date(Date.now() + ms))
  assert(tomorrow && yesterday)
  const stranger = attest.generateSigningKey().publicKey
  assert.equal((await signers('rotated', { keys: [releaseKey] })).allow, true)
  assert.equal((await signers('rotated', rotatingKeys(oldKey, tomorrow, stranger))).allow, true)
  assert.equal((await signers('rotated', rotatingKeys(oldKey, yesterday, stranger))).allow, false)
  assert.equal((await signers('timed', rotatingKeys(releaseKey, tomorrow, stranger))).allow, true)

  // From tags to bundles: complete in both forms, by the same key.
  const moved = await attest.readEvidence(repository('moved'), digest, { keys: [releaseKey] })
  assert.deepEqual(moved.verified.map(({ store }) => store).toSorted(), [
    'bundle',
    'bundle',
    'legacy-attestation',
    'legacy-signature',
  ])

  // Files.
  const bundle = await checkBundle(file('check.sigstore.json'), digest, releaseKey)
  assert(bundle.verified)
  assert.deepEqual(bundle.signer, { kind: 'key', keyId })
  assert.equal((await checkBundle(file('check.sigstore.json'), digest, oldKey)).verified, false)

  // The README.
  const name = `${registry.host}/team/theirs`
  const own = await signAndVerify(name, file('release.key'), file('sbom.cdx.json'))
  assert.equal(own.allow, true, explainVerdict(own).join('\n'))
  assert.deepEqual(await findObjections(repository('app'), digest, releaseKey), [])
  assert.deepEqual(await findObjections(repository('theirs'), digest, releaseKey), ['no summary'])
} finally {
  await rm(folder, { recursive: true, force: true })
}
