import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { findingOf } from '../internal/finding.fixture.ts'
import { applyVex } from './apply-vex.ts'
import { readVex } from './read-vex.ts'
import { vexOfChange } from './vex-of-change.ts'
import { writeOpenVex } from './write-openvex.ts'

const subject = digestOf('hardened')
const common = { subject, author: 'gate', timestamp: new Date('2026-01-01T00:00:00Z') }
const packageOf = (purl: string) => findingOf('x', purl).package
const perl = findingOf('CVE-2024-1', 'pkg:deb/debian/perl-base@5.36.0-7?arch=amd64&upstream=perl')
const ssl = findingOf('CVE-2024-2', 'pkg:deb/debian/libssl3@3.0.1-1?arch=amd64&upstream=openssl%403.0.1')
const newSsl = 'pkg:deb/debian/libssl3@3.0.2-1?arch=amd64&upstream=openssl%403.0.2'

describe('vexOfChange', () => {
  it('says what left with its package, and what came with another version', () => {
    const statements = vexOfChange({ before: [perl, ssl], after: [], packages: [packageOf(newSsl)] })
    expect(
      statements.map(({ vulnerability, status, justification }) => [vulnerability, status, justification]),
    ).toEqual([
      ['CVE-2024-1', 'not_affected', 'component_not_present'],
      ['CVE-2024-2', 'fixed', undefined],
    ])
  })

  it('says nothing of a package that stayed, with or without its finding', () => {
    expect(vexOfChange({ before: [perl], after: [], packages: [perl.package] })).toEqual([])
    expect(vexOfChange({ before: [perl], after: [perl], packages: [] })).toEqual([])
    const bare = findingOf('CVE-2024-1', 'pkg:deb/debian/perl-base@5.36.0-7')
    expect(vexOfChange({ before: [bare], after: [], packages: [perl.package] })).toEqual([])
  })
})

describe('writeOpenVex', () => {
  const statements = vexOfChange({ before: [perl, ssl], after: [], packages: [packageOf(newSsl)] })

  it('writes the same document whatever the order', () => {
    const [one, other] = [statements, statements.toReversed()].map((given) =>
      JSON.stringify(writeOpenVex({ ...common, repository: 'prod.example/team/app', statements: given })),
    )
    expect(one).toBe(other)
    expect(JSON.parse(one!)).toMatchObject({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      author: 'gate',
      version: 1,
      statements: [{ products: [{ '@id': expect.stringMatching(/^pkg:oci\/app@sha256%3A/) as string }] }, {}],
    })
  })

  it('writes what readVex and applyVex take as it was meant', () => {
    const document = readVex(writeOpenVex({ ...common, statements }), { source: 'ours' })
    const image = { digests: [subject], repositories: [], packages: [] }
    const apply = (digests: readonly (typeof subject)[]) =>
      applyVex([perl, ssl], {
        image: { ...image, digests },
        documents: [{ document, source: 'ours', trustedAs: 'gate' }],
      })
    expect(apply([subject]).findings.map(({ suppressed }) => suppressed?.status)).toEqual([
      'not_affected',
      'fixed',
    ])
    // What is true of the new image says nothing of the old one.
    expect(apply([digestOf('before')]).findings.map(({ suppressed }) => suppressed)).toEqual([
      undefined,
      undefined,
    ])
  })

  it.each([
    ['not_affected without a justification', { vulnerability: 'CVE-1', status: 'not_affected' }],
    ['affected without what to do', { vulnerability: 'CVE-1', status: 'affected' }],
  ] as const)('refuses %s', (_, statement) => {
    expect(() => writeOpenVex({ ...common, statements: [statement] })).toThrow(TypeError)
  })

  const schema = join(
    import.meta.dirname,
    '../../../../../shared/data/slsa/vex/openvex-spec/openvex_json_schema.json',
  )
  it.skipIf(!existsSync(schema))('holds the fields that the published schema demands', () => {
    const { required, $defs } = JSON.parse(readFileSync(schema, 'utf8')) as {
      required: string[]
      $defs?: Record<string, { required?: string[] }>
    }
    const document = writeOpenVex({ ...common, statements })
    expect(Object.keys(document)).toEqual(expect.arrayContaining(required))
    for (const statement of document.statements)
      expect(Object.keys(statement)).toEqual(
        expect.arrayContaining($defs?.['statement']?.required ?? ['status']),
      )
  })
})
