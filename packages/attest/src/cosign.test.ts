import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignRun, cosignHint, hasCosign, runCosign } from './testing/run-cosign.ts'
import { type SampleRepository, startSampleRepository } from './testing/sample-repository.ts'
import { generateSigningKey } from './signing/generate-signing-key.ts'
import { keySigner } from './signing/key-signer.ts'
import { createStatement, predicateTypes } from './statement/statement.ts'
import { attachAttestation, attachSignature } from './storage/attach.ts'
import { readEvidence } from './verify/read-evidence.ts'

const createdAt = new Date('2026-03-01T12:00:00Z')
const bom = { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: [] }

describe.skipIf(!hasCosign)(`cosign 3.1.2${cosignHint}`, { timeout: 60_000 }, () => {
  let folder = ''
  const pair = generateSigningKey()
  const signer = keySigner(pair.privateKey)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-cosign-'))
    await writeFile(join(folder, 'release.pub'), pair.publicKey)
    await writeFile(join(folder, 'other.pub'), generateSigningKey().publicKey)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const cosign = (...args: string[]): Promise<CosignRun> => runCosign(folder, 'correct horse', args)
  const insecure = ['--insecure-ignore-tlog=true', '--allow-http-registry']
  const verify = (key: string, image: string, ...more: string[]) =>
    cosign('verify', '--key', key, ...insecure, ...more, image)
  const verifyAttestation = (key: string, type: string, image: string, ...more: string[]) =>
    cosign('verify-attestation', '--key', key, '--type', type, ...insecure, ...more, image)
  const atDigest = ({ reference, subject }: SampleRepository) => `${reference}@${subject.digest}`

  it.each([
    ['bundle', []],
    ['both', []],
    ['legacy', []],
    ['legacy', ['--new-bundle-format=false']],
    ['both', ['--new-bundle-format=false']],
  ] as const)('verifies what was attached in mode %s %j', async (mode, flags) => {
    await using target = await startSampleRepository()
    const { repository, subject, reference } = target
    const statement = createStatement(
      [{ name: reference, digest: subject.digest }],
      predicateTypes.cyclonedx,
      bom,
    )
    const options = { mode, createdAt, settleMs: 0 }
    await attachAttestation(repository, subject, statement, signer, options)
    await attachSignature(repository, subject, signer, { ...options, reference })

    const signature = await verify('release.pub', atDigest(target), ...flags)
    expect(signature).toMatchObject({ code: 0, output: expect.stringContaining(subject.digest) as string })
    const attestation = await verifyAttestation('release.pub', 'cyclonedx', atDigest(target), ...flags)
    expect(attestation.output).toContain('"payloadType"')
    expect(attestation.code).toBe(0)

    expect((await verify('other.pub', atDigest(target), ...flags)).code).not.toBe(0)
    expect((await verifyAttestation('other.pub', 'cyclonedx', atDigest(target), ...flags)).code).not.toBe(0)
    expect(
      (await verifyAttestation('release.pub', 'slsaprovenance1', atDigest(target), ...flags)).code,
    ).not.toBe(0)
  })

  it('finds no signature where there is none', async () => {
    await using target = await startSampleRepository()
    expect((await verify('release.pub', atDigest(target))).code).not.toBe(0)
  })

  it('makes keys and attestations that are read here', async () => {
    await using target = await startSampleRepository()
    const { repository, subject } = target
    expect(await cosign('generate-key-pair', '--output-key-prefix', 'theirs')).toMatchObject({ code: 0 })
    const key = await readFile(join(folder, 'theirs.key'), 'utf8')
    const publicKey = await readFile(join(folder, 'theirs.pub'), 'utf8')
    const theirs = keySigner(key, { passphrase: 'correct horse' })
    expect(theirs.publicKey.trim()).toBe(publicKey.trim())
    expect(() => keySigner(key, { passphrase: 'wrong' })).toThrow(/does not open/)

    await writeFile(join(folder, 'bom.json'), JSON.stringify(bom))
    const offline = ['--use-signing-config=false', '--tlog-upload=false', '--allow-http-registry', '-y']
    const attest = ['attest', '--key', 'theirs.key', '--predicate', 'bom.json', '--type', 'cyclonedx']
    for (const form of ['true', 'false']) {
      const format = `--new-bundle-format=${form}`
      expect(await cosign(...attest, format, ...offline, atDigest(target))).toMatchObject({ code: 0 })
      expect(await cosign('sign', '--key', 'theirs.key', format, ...offline, atDigest(target))).toMatchObject(
        { code: 0 },
      )
    }
    const report = await readEvidence(repository, subject.digest, { keys: [publicKey] })
    expect(report.rejected).toEqual([])
    expect(
      report.verified.map(({ store, statement }) => `${store} ${statement.predicateType}`).sort(),
    ).toEqual([
      'bundle https://cyclonedx.org/bom',
      'bundle https://sigstore.dev/cosign/sign/v1',
      'legacy-attestation https://cyclonedx.org/bom',
      'legacy-signature https://sigstore.dev/cosign/sign/v1',
    ])
    for (const { signer } of report.verified) expect(signer).toEqual({ kind: 'key', keyId: theirs.keyId })
  })
})
