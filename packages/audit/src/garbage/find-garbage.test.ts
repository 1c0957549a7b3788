import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../audit-record.ts'
import { findGarbage, type Garbage } from './find-garbage.ts'

const [evidence, image, bundle] = ['evidence', 'image', 'bundle'].map((text) => digestOf(text))

const record = (fields: Partial<AuditRecord>): AuditRecord => ({
  registry: 'prod.example',
  repository: 'team/app',
  digest: image!,
  role: 'image',
  tags: [],
  problems: [],
  evidence: [],
  auditedAt: '2026-06-01T00:00:00.000Z',
  ...fields,
})
const decision = { verifier: 'gate', resourceUri: 'pkg:oci/app', levels: [] }

async function find(...records: readonly AuditRecord[]): Promise<readonly Garbage[]> {
  const found: Garbage[] = []
  async function* read() {
    yield* records
  }
  for await (const one of findGarbage(read())) found.push(one)
  return found
}

describe('findGarbage', () => {
  it('names evidence whose subject is gone, with that subject', async () => {
    const stray = record({
      role: 'stray-evidence',
      digest: evidence!,
      tags: ['sha256-1.sig'],
      parents: [image!],
    })
    expect(await find(record({}), stray, record({ role: 'evidence' }))).toEqual([
      {
        kind: 'stray-evidence',
        registry: 'prod.example',
        repository: 'team/app',
        digest: evidence,
        tags: ['sha256-1.sig'],
        subjects: [image],
      },
    ])
  })

  it('names images whose evidence is gone, with the documents that are missing', async () => {
    const lost = record({
      tags: ['1'],
      class: 'compliant',
      decision: { ...decision, missingInputs: [bundle!] },
    })
    expect(await find(lost, record({ decision }))).toMatchObject([
      { kind: 'lost-evidence', digest: image, tags: ['1'], missing: [bundle] },
    ])
  })

  it('gives each finding before it reads on', async () => {
    let read = 0
    async function* endless() {
      for (;;) {
        read++
        yield record({ role: 'stray-evidence' })
      }
    }
    for await (const _ of findGarbage(endless())) if (read === 3) break
    expect(read).toBe(3)
  })
})
