import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attachAttestation,
  attachSignature,
  createStatement,
  generateSigningKey,
  keySigner,
  predicateTypes,
  type Requirement,
  type StorageMode,
  verifyImage,
} from '@sallyport/attest'
import type { Descriptor } from '@sallyport/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignHome, cosignOffline, cosignPassphrase, createCosignHome } from './cosign-home.ts'
import { evidenceRegistries, type EvidenceRegistry } from './evidence-registry.ts'
import { twoPlatforms } from './samples.ts'

const index = twoPlatforms.raw.descriptor
const platforms = twoPlatforms.children.map(({ descriptor }) => descriptor)
const pair = generateSigningKey({ passphrase: cosignPassphrase })
const signer = keySigner(pair.privateKey, { passphrase: cosignPassphrase })
const by = { keys: [pair.publicKey] }
const createdAt = new Date('2026-03-01T12:00:00Z')
const note = { note: 'checked' }
const noteType = 'https://acme.test/check/v1'
const requirements: readonly Requirement[] = [
  { kind: 'signature', by },
  { kind: 'attestation', by, predicateType: noteType },
]

/** What of an index evidence is about, and what then counts. */
const cases = [
  { about: 'the index alone', subjects: [index], index: 'pass', platforms: 'fail', both: 'fail' },
  { about: 'its platforms alone', subjects: platforms, index: 'fail', platforms: 'pass', both: 'fail' },
  {
    about: 'the index and its platforms',
    subjects: [index, ...platforms],
    index: 'pass',
    platforms: 'pass',
    both: 'pass',
  },
] as const

const forms: readonly { readonly mode: StorageMode; readonly flags: readonly string[] }[] = [
  { mode: 'bundle', flags: [] },
  { mode: 'legacy', flags: ['--new-bundle-format=false'] },
]
const table = forms.flatMap((form) => cases.map((each) => ({ ...form, ...each })))

describe.each(evidenceRegistries)('in $name', ({ start }) => {
  let directory: string
  let cosign: CosignHome
  let registry: EvidenceRegistry
  const run = (command: string, ...args: readonly string[]): Promise<string> =>
    cosign.run(command, '--allow-http-registry', ...args)
  const at = (name: string, { digest }: Descriptor): string => `${name}@${digest}`

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-cosign-'))
    cosign = await createCosignHome(join(directory, 'home'))
    await cosign.write('release.key', pair.privateKey)
    await cosign.write('release.pub', pair.publicKey)
    await cosign.write('note.json', note)
    registry = await start(directory)
  })
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  it.each(table)(
    'cosign verifies $about, and nothing else, when we attached it so in mode $mode',
    async ({ mode, flags, about, subjects }) => {
      const { repository, name } = await registry.push(`ours/${mode}/${slug(about)}`, twoPlatforms)
      for (const subject of subjects) {
        const options = { mode, createdAt, settleMs: 0 }
        const statement = createStatement([{ name, digest: subject.digest }], noteType, note)
        await attachSignature(repository, subject, signer, { ...options, reference: name })
        await attachAttestation(repository, subject, statement, signer, options)
      }
      const verified: string[] = []
      for (const { digest } of [index, ...platforms]) {
        const args = ['--key', 'release.pub', '--insecure-ignore-tlog=true', ...flags, `${name}@${digest}`]
        const answers = await Promise.allSettled([
          run('verify', ...args),
          run('verify-attestation', '--type', noteType, ...args),
        ])
        const accepted = answers.filter(({ status }) => status === 'fulfilled')
        expect(accepted.length).not.toBe(1)
        if (accepted.length === 2) verified.push(digest)
      }
      expect(verified).toEqual(subjects.map(({ digest }) => digest))
    },
  )

  describe.each(table)('when cosign attached it to $about as $mode, we', (row) => {
    const { mode, flags, about, subjects } = row
    let place: Awaited<ReturnType<EvidenceRegistry['push']>>
    beforeAll(async () => {
      place = await registry.push(`theirs/${mode}/${slug(about)}`, twoPlatforms)
      const { name } = place
      const signing = ['--key', 'release.key', ...cosignOffline, ...flags]
      // With --recursive it signs the index and what is in it; it attests only what it is given.
      if (subjects.length === 3) await run('sign', '--recursive', ...signing, at(name, index))
      else for (const subject of subjects) await run('sign', ...signing, at(name, subject))
      for (const subject of subjects)
        await run('attest', '--type', noteType, '--predicate', 'note.json', ...signing, at(name, subject))
    })

    it.each(['index', 'platforms', 'both'] as const)('judge %s so', async (subject) => {
      const verdict = await verifyImage(place.repository, '1', { requirements, subject })
      expect(verdict).toMatchObject({ verdict: row[subject], digest: index.digest })
      const judged = { index: [index], platforms, both: [index, ...platforms] }[subject]
      expect(verdict.subjects.map(({ digest, verdict }) => [digest, verdict])).toEqual(
        judged.map((one) => [
          one.digest,
          (subjects as readonly Descriptor[]).includes(one) ? 'pass' : 'fail',
        ]),
      )
    })

    it('take a platform by its index only where that is asked for', async () => {
      const [platform] = platforms
      const alone = await verifyImage(place.repository, platform!.digest, { requirements })
      expect(alone.verdict).toBe(row.platforms)
      const options = { requirements, via: index.digest }
      expect(await verifyImage(place.repository, platform!.digest, options)).toMatchObject({
        verdict: 'pass',
      })
    })
  })

  it('cosign downloads the attestation of one platform of ours', async () => {
    const { repository, name } = await registry.push('ours/download', twoPlatforms)
    for (const { digest, ...rest } of platforms) {
      const statement = createStatement([{ digest }], predicateTypes.cyclonedx, {
        bomFormat: 'CycloneDX',
        specVersion: '1.6',
      })
      const options = { mode: 'legacy', createdAt, settleMs: 0 } as const
      await attachAttestation(repository, { ...rest, digest }, statement, signer, options)
    }
    const args = ['--allow-http-registry', '--predicate-type=cyclonedx', '--platform=linux/arm64']
    const output = await cosign.run('download', 'attestation', ...args, at(name, index))
    const { payload } = JSON.parse(output) as { readonly payload: string }
    const [, arm64] = platforms
    expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toMatchObject({
      subject: [{ digest: { sha256: arm64!.digest.slice('sha256:'.length) } }],
    })
  })
})

function slug(text: string): string {
  return text.replaceAll(' ', '-')
}
