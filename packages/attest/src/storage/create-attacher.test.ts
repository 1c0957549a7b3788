import { digestOf } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { registryProfiles } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { startSampleRepository, writesOf } from '../testing/sample-repository.ts'
import { readEvidence } from '../verify/read-evidence.ts'
import { createAttacher } from './create-attacher.ts'
import { legacyTag } from './legacy-tag.ts'

const evidence = keySigner(generateSigningKey().privateKey)
const release = keySigner(generateSigningKey().privateKey)
const keys = [evidence.publicKey, release.publicKey]
const createdAt = new Date('2026-03-01T12:00:00Z')

async function openAttacher(quirks: Parameters<typeof startSampleRepository>[0] = {}, settleMs = 0) {
  const sample = await startSampleRepository(quirks)
  const { subject, repository, reference } = sample
  const about = (type: string, predicate: object = {}) => ({
    subject,
    statement: createStatement([{ digest: subject.digest }], type, predicate),
    signer: evidence,
  })
  return {
    ...sample,
    documents: [
      about(predicateTypes.cyclonedx),
      about(predicateTypes.vulns),
      about(predicateTypes.provenance),
    ],
    about,
    signature: { subject, reference, signer: release },
    open: () => createAttacher(repository, { createdAt, settleMs }),
  }
}

describe('createAttacher', () => {
  it.each([
    ['with the referrers API', {}],
    ['without it', registryProfiles['distribution-2.8']],
  ])('attaches many pieces with one write of each tag to a registry %s', async (_, quirks) => {
    await using test = await openAttacher(quirks)
    const attacher = test.open()
    const results = await attacher.attach([...test.documents, test.signature])
    await attacher.settle()
    expect(results.map(({ written, keyId }) => [written, keyId])).toEqual([
      ...test.documents.map(() => [true, evidence.keyId]),
      [true, release.keyId],
    ])
    for (const suffix of ['att', 'sig'] as const) {
      const tag = legacyTag(test.subject.digest, suffix)
      const stored = test.registry.requests.filter(
        ({ method, reference, status }) => method === 'PUT' && reference === tag && status === 201,
      )
      expect(stored).toHaveLength(1)
    }
    const { verified, rejected } = await readEvidence(test.repository, test.subject.digest, { keys })
    expect(rejected).toEqual([])
    const pieces = results.flatMap((result) => result.pieces)
    expect(pieces).toHaveLength(8)
    for (const piece of pieces) expect(verified).toContainEqual(expect.objectContaining(piece))
  })

  it('writes nothing that is there, and adds what is missing in its place', async () => {
    await using test = await openAttacher()
    const [first, second, third] = test.documents
    const earlier = await test.open().attach([first!, third!])
    const results = await test.open().attach([first!, second!, third!])
    expect(results.map(({ written }) => written)).toEqual([false, true, false])
    expect([results[0]?.pieces[0], results[2]?.pieces[0]]).toEqual(earlier.map(({ pieces }) => pieces[0]))
    test.registry.clearRequests()
    const again = test.open()
    await again.attach(test.documents)
    await again.settle()
    expect(writesOf(test.registry)).toEqual([])
  })

  it('stores nothing when one of the pieces can not be signed', async () => {
    await using test = await openAttacher()
    const broken = { ...release, sign: async () => Promise.reject(new Error('no service')) }
    const items = [...test.documents, { ...test.signature, signer: broken }]
    await expect(test.open().attach(items)).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
    expect(writesOf(test.registry)).toEqual([])
  })

  it('stores nothing when one of the statements is about something else', async () => {
    await using test = await openAttacher()
    const stray = createStatement([{ digest: digestOf(Buffer.from('other')) }], predicateTypes.vsa, {})
    const items = [...test.documents, { subject: test.subject, statement: stray, signer: release }]
    await expect(test.open().attach(items)).rejects.toMatchObject({ code: 'STATEMENT_INVALID' })
    expect(writesOf(test.registry)).toEqual([])
  })

  it('has stored by the end of one call what the next one names', async () => {
    await using test = await openAttacher()
    const attacher = test.open()
    const relied = await attacher.attach(test.documents)
    const before = await readEvidence(test.repository, test.subject.digest, { keys })
    for (const piece of relied.flatMap(({ pieces }) => pieces))
      expect(before.verified).toContainEqual(expect.objectContaining(piece))
    const inputs = relied.map(({ pieces }) => pieces[0]?.blob)
    await attacher.attach([{ ...test.about(predicateTypes.vsa, { inputs }), signer: release }])
    await attacher.attach([test.signature])
    const after = await readEvidence(test.repository, test.subject.digest, { keys })
    expect(after.verified).toHaveLength(10)
  })

  it('attaches again what other writers displace from a tag and from a list before it settles', async () => {
    await using test = await openAttacher({ ...registryProfiles['distribution-2.8'] }, 1)
    const { repository, subject, registry } = test
    const tag = legacyTag(subject.digest, 'att')
    const list = subject.digest.replace(':', '-')
    await test.open().attach([test.documents[0]!])
    const early = [await repository.getManifest(tag), await repository.getManifest(list)] as const
    const attacher = test.open()
    await attacher.attach(test.documents.slice(1))
    // Written as by a tool that read before and knows nothing of conditions.
    for (const [place, { bytes, descriptor }] of [[tag, early[0]] as const, [list, early[1]] as const]) {
      const response = await fetch(`${registry.url}/v2/team/app/manifests/${place}`, {
        method: 'PUT',
        body: Buffer.from(bytes),
        headers: { 'content-type': descriptor.mediaType },
      })
      expect(response.ok).toBe(true)
    }
    const lost = await readEvidence(repository, subject.digest, { keys })
    expect(lost.verified).toHaveLength(2)
    await attacher.settle()
    const { verified } = await readEvidence(repository, subject.digest, { keys })
    expect(verified).toHaveLength(6)
  })

  it('asks for as little as the wire format allows: lists once where nothing was, no new blob, one write of each list', async () => {
    await using test = await openAttacher(registryProfiles['distribution-2.8'])
    const attacher = test.open()
    test.registry.clearRequests()
    await attacher.attach(test.documents)
    await attacher.attach([test.signature])
    const { requests } = test.registry
    const list = fallbackTag(test.subject.digest)
    const count = (method: string, reference: string) =>
      requests.filter((request) => request.method === method && request.reference === reference).length
    expect(requests.filter(({ path }) => path.includes('/referrers/'))).toHaveLength(1)
    // Before anything is attached; then before and after each of two writes.
    expect([count('GET', list), count('PUT', list)]).toEqual([5, 2])
    const asked = requests.filter(({ method, kind }) => method === 'HEAD' && kind === 'blob')
    const documents = new Set(asked.map(({ digest }) => digest))
    // The empty config, and what is signed beside: the payload of the signature, and what it is wrapped into.
    expect(documents.size).toBe(3)
    expect(documents).toContain(digestOf('{}'))
    const { verified, rejected } = await readEvidence(test.repository, test.subject.digest, { keys })
    expect([verified.length, rejected]).toEqual([8, []])
  })

  it('looks again where there was evidence of somebody else', async () => {
    await using test = await openAttacher()
    await test.open().attach([test.signature])
    const attacher = test.open()
    await attacher.attach(test.documents)
    const [again] = await attacher.attach([test.signature])
    expect(again?.written).toBe(false)
  })
})
