import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attachSignature,
  generateSigningKey,
  keySigner,
  type SignatureRequirement,
  type StorageMode,
  verifyImage,
} from '@sallyport/attest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CosignHome, cosignOffline, cosignPassphrase, createCosignHome } from './cosign-home.ts'
import { type EvidencePlace, evidenceRegistries, type EvidenceRegistry } from './evidence-registry.ts'
import { singleImage } from './samples.ts'

const subject = singleImage.raw.descriptor
const pair = generateSigningKey({ passphrase: cosignPassphrase })
const signer = keySigner(pair.privateKey, { passphrase: cosignPassphrase })
const createdAt = new Date('2026-03-01T12:00:00Z')
const annotations = { tier: 'prod', build: '7', note: '<größer> & "zu=gut"\u2028' }

/** What is asked of the annotations, and whether it is there. */
const questions: readonly (readonly [string, Readonly<Record<string, string>>, boolean])[] = [
  ['one of them', { tier: 'prod' }, true],
  ['all of them', annotations, true],
  ['another value', { tier: 'dev' }, false],
  ['one of them and another', { tier: 'prod', approved: 'yes' }, false],
  ['the value of another', { build: 'prod' }, false],
]
const forms: readonly (readonly [StorageMode, readonly string[]])[] = [
  ['bundle', []],
  ['legacy', ['--new-bundle-format=false']],
]
/** `--annotations` of cosign, which reads it as a line of comma-separated values. */
const toFlags = (asked: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(asked).flatMap(([key, value]) => ['-a', `"${`${key}=${value}`.replaceAll('"', '""')}"`])

describe.each(evidenceRegistries)('in $name', ({ start }) => {
  let directory: string
  let cosign: CosignHome
  let registry: EvidenceRegistry
  const places = new Map<string, EvidencePlace>()
  const run = (command: string, ...args: readonly string[]): Promise<string> =>
    cosign.run(command, '--allow-http-registry', ...args)

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-cosign-'))
    cosign = await createCosignHome(join(directory, 'home'))
    await cosign.write('release.key', pair.privateKey)
    await cosign.write('release.pub', pair.publicKey)
    registry = await start(directory)
    for (const [mode, flags] of forms) {
      const ours = await registry.push(`ours/${mode}`, singleImage)
      const options = { mode, createdAt, settleMs: 0, reference: ours.name }
      await attachSignature(ours.repository, subject, signer, { ...options, annotations })
      const theirs = await registry.push(`theirs/${mode}`, singleImage)
      const signing = ['--key', 'release.key', ...cosignOffline, ...flags, ...toFlags(annotations)]
      await run('sign', ...signing, theirs.image)
      places.set(`ours ${mode}`, ours).set(`theirs ${mode}`, theirs)
    }
  })
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  describe.each(forms)('as %s', (mode, flags) => {
    it.each(questions)('cosign verify, asked for %s of what we signed: %j is %s', async (_, asked, there) => {
      const { image } = places.get(`ours ${mode}`)!
      const checks = ['--key', 'release.pub', '--insecure-ignore-tlog=true', ...flags, ...toFlags(asked)]
      const answer = run('verify', ...checks, image)
      if (!there) return expect(answer).rejects.toThrow(/missing or incorrect annotation/)
      expect(JSON.parse(await answer)).toMatchObject([{ optional: annotations }])
    })

    const requirement = { kind: 'signature', by: { keys: [pair.publicKey] } } as const
    const judge = (asked: Omit<SignatureRequirement, 'kind' | 'by'>) =>
      verifyImage(places.get(`theirs ${mode}`)!.repository, subject.digest, {
        requirements: [{ ...requirement, ...asked }],
      })

    it.each(questions)('we, asked for %s of what cosign signed: %j is %s', async (_, asked, there) => {
      const verdict = await judge({ annotations: asked })
      if (there) return expect(verdict).toMatchObject({ verdict: 'pass' })
      expect(verdict).toMatchObject({
        verdict: 'fail',
        requirements: [{ candidates: [{ code: 'annotation-mismatch' }] }],
      })
    })

    it('cosign names the repository for us only in its older form', async () => {
      const { name } = places.get(`theirs ${mode}`)!
      const verdict = await judge({ expectReference: name })
      expect(verdict.verdict).toBe(mode === 'legacy' ? 'pass' : 'fail')
      expect(await judge({ expectReference: `${name}-copy` })).toMatchObject({
        verdict: 'fail',
        requirements: [{ candidates: [{ code: 'reference-mismatch' }] }],
      })
    })
  })
})
