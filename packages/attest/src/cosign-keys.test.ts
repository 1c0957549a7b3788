import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateSigningKey } from './signing/generate-signing-key.ts'
import { keySigner } from './signing/key-signer.ts'
import { parsePublicKey } from './signing/parse-public-key.ts'
import type { SignatureAlgorithm } from './signing/signature-algorithm.ts'
import { verifiesSignature } from './signing/verifies-signature.ts'
import { preAuthEncoding } from './statement/pre-auth-encoding.ts'
import { createStatement, predicateTypes } from './statement/statement.ts'
import { attachAttestation, attachSignature } from './storage/attach.ts'
import { cosignHint, type CosignRun, hasCosign, runCosign } from './testing/run-cosign.ts'
import { type SampleRepository, startSampleRepository } from './testing/sample-repository.ts'
import { readEvidence } from './verify/read-evidence.ts'

const passphrase = 'correct horse'
const createdAt = new Date('2026-03-01T12:00:00Z')
const bom = { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: [] }
const atDigest = ({ reference, subject }: SampleRepository): string => `${reference}@${subject.digest}`

describe.skipIf(!hasCosign)(`keys and cosign 3.1.2${cosignHint}`, { timeout: 120_000 }, () => {
  let folder = ''
  const cosign = (...args: string[]): Promise<CosignRun> => runCosign(folder, passphrase, args)
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text)
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-cosign-'))
    await write('bom.json', JSON.stringify(bom))
    await write('blob', 'content')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  // Other sizes of these types have the same form.
  it.each(['ecdsa-sha2-256-nistp256', 'rsa-sign-pkcs1-2048-sha256', 'ed25519'] as const)(
    'import a key for %s into an encrypted form that is read here',
    async (algorithm) => {
      const { privateKey, publicKey } = generateSigningKey({ algorithm })
      const name = `import-${algorithm}`
      await write(`${name}.pem`, privateKey)
      expect(
        await cosign('import-key-pair', '--key', `${name}.pem`, '--output-key-prefix', name, '-y'),
      ).toMatchObject({ code: 0 })
      const signer = keySigner(await read(`${name}.key`), { passphrase })
      expect(signer.publicKey).toBe(publicKey)
      expect(await read(`${name}.pub`)).toBe(publicKey)
    },
  )

  /** One algorithm for each type of key and hash, and in what cosign signs images with it. */
  const types: readonly (readonly [SignatureAlgorithm, SignatureAlgorithm])[] = [
    ['ecdsa-sha2-256-nistp256', 'ecdsa-sha2-256-nistp256'],
    ['ecdsa-sha2-384-nistp384', 'ecdsa-sha2-384-nistp384'],
    ['ecdsa-sha2-512-nistp521', 'ecdsa-sha2-512-nistp521'],
    ['rsa-sign-pkcs1-2048-sha256', 'rsa-sign-pkcs1-2048-sha256'],
    ['ed25519', 'ed25519-ph'],
  ]

  it.each(types)(
    'sign with our encrypted key for %s, images in %s, and it is read here',
    async (algorithm, theirs) => {
      await using target = await startSampleRepository()
      const { repository, subject } = target
      const { privateKey, publicKey } = generateSigningKey({ algorithm, passphrase })
      const name = `${algorithm}.key`
      await write(name, privateKey)
      const offline = ['--use-signing-config=false', '--tlog-upload=false', '-y']
      expect(
        await cosign('sign-blob', '--key', name, ...offline, '--bundle', `${algorithm}.json`, 'blob'),
      ).toMatchObject({ code: 0 })
      const { key } = parsePublicKey(publicKey)
      const blob = JSON.parse(await read(`${algorithm}.json`)) as { messageSignature: { signature: string } }
      const blobSignature = Buffer.from(blob.messageSignature.signature, 'base64')
      expect(verifiesSignature(key, Buffer.from('content'), blobSignature, algorithm)).toBe(true)

      for (const form of ['true', 'false']) {
        const options = [`--new-bundle-format=${form}`, '--allow-http-registry', ...offline, atDigest(target)]
        const attest = ['attest', '--key', name, '--predicate', 'bom.json', '--type', 'cyclonedx']
        expect(await cosign(...attest, ...options)).toMatchObject({ code: 0 })
        const bundle = form === 'true' ? ['--bundle', 'image.json'] : []
        expect(await cosign('sign', '--key', name, ...bundle, ...options)).toMatchObject({ code: 0 })
      }
      const { dsseEnvelope } = JSON.parse(await read('image.json')) as {
        dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] }
      }
      const content = preAuthEncoding(dsseEnvelope.payloadType, Buffer.from(dsseEnvelope.payload, 'base64'))
      const signature = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? '', 'base64')
      expect(verifiesSignature(key, content, signature, theirs)).toBe(true)

      const report = await readEvidence(repository, subject.digest, { keys: [publicKey] })
      expect(report.rejected).toEqual([])
      expect(report.verified.map(({ store }) => store).toSorted()).toEqual([
        'bundle',
        'bundle',
        'legacy-attestation',
        'legacy-signature',
      ])
    },
  )

  /** What `cosign verify` and `cosign verify-attestation` with `--key` make of our signatures. */
  const verdicts: readonly (readonly [SignatureAlgorithm, 'verifies' | 'refuses', string])[] = [
    ['ecdsa-sha2-256-nistp256', 'verifies', ''],
    ['ecdsa-sha2-256-nistp384', 'verifies', ''],
    ['ecdsa-sha2-256-nistp521', 'verifies', ''],
    ['ecdsa-sha2-384-nistp384', 'refuses', ''],
    ['ecdsa-sha2-384-nistp384', 'verifies', 'sha384'],
    ['ecdsa-sha2-512-nistp521', 'refuses', ''],
    ['ecdsa-sha2-512-nistp521', 'verifies', 'sha512'],
    ['rsa-sign-pkcs1-2048-sha256', 'verifies', ''],
    ['rsa-sign-pkcs1-3072-sha256', 'verifies', ''],
    ['rsa-sign-pkcs1-4096-sha256', 'verifies', ''],
    ['rsa-sign-pss-2048-sha256', 'refuses', ''],
    ['ed25519', 'verifies', ''],
    ['ed25519-ph', 'refuses', ''],
    ['ed25519-ph', 'refuses', 'sha512'],
  ]
  const cases = verdicts.flatMap(([algorithm, verdict, digest]) =>
    (['bundle', 'legacy'] as const).map((mode) => [verdict, algorithm, mode, digest] as const),
  )

  it.each(cases)('%s our %s in mode %s when asked for %j', async (verdict, algorithm, mode, digest) => {
    await using target = await startSampleRepository()
    const { repository, subject, reference } = target
    const { privateKey, publicKey } = generateSigningKey({ algorithm })
    const signer = keySigner(privateKey, { algorithm })
    const statement = createStatement([{ digest: subject.digest }], predicateTypes.cyclonedx, bom)
    const options = { mode, createdAt, settleMs: 0 }
    await attachAttestation(repository, subject, statement, signer, options)
    await attachSignature(repository, subject, signer, { ...options, reference })
    const report = await readEvidence(repository, subject.digest, { keys: [publicKey] })
    expect(report).toMatchObject({ verified: { length: 2 }, rejected: [] })

    await write('ours.pub', publicKey)
    const flags = ['--key', 'ours.pub', '--insecure-ignore-tlog=true', '--allow-http-registry']
    if (digest !== '') flags.push('--signature-digest-algorithm', digest)
    const signature = await cosign('verify', ...flags, atDigest(target))
    const attestation = await cosign('verify-attestation', '--type', 'cyclonedx', ...flags, atDigest(target))
    const codes = [signature.code === 0, attestation.code === 0]
    expect(codes).toEqual(verdict === 'verifies' ? [true, true] : [false, false])
  })
})
