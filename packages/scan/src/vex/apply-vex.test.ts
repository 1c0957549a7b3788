import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import type { Finding, Suppression } from '../finding.ts'
import { findingOf } from '../internal/finding.fixture.ts'
import { applyVex } from './apply-vex.ts'
import type { VexImage } from './match-statement.ts'
import { readVex } from './read-vex.ts'

const subject = digestOf('image')
const lodash = findingOf('CVE-2024-1', 'pkg:npm/lodash@4.17.4', { aliases: ['GHSA-aaaa-bbbb-cccc'] })
const zlib = findingOf('CVE-2024-1', 'pkg:deb/debian/zlib1g@1%3A1.2?arch=amd64&distro=debian-12')
const opa = findingOf('CVE-2024-1', 'pkg:golang/github.com/open-policy-agent/opa@v0.35.0')
const module = { ...opa, package: { ...opa.package, path: '/usr/bin/app' } }

const image: VexImage = {
  digests: [subject],
  repositories: ['prod.example/app'],
  packages: [
    { purl: lodash.package.purl, path: '/app/node_modules/lodash/package.json' },
    { purl: zlib.package.purl, path: '/var/lib/dpkg/status' },
    { purl: module.package.purl, path: '/usr/bin/app' },
    { purl: 'pkg:golang/example.com/app@v1.0.0', path: '/usr/bin/app' },
    { purl: 'pkg:golang/example.com/other@v1.0.0', path: '/usr/bin/other' },
  ],
}

interface Said {
  readonly products: readonly unknown[]
  readonly status?: string
  readonly justification?: string | undefined
  readonly vulnerability?: string
  readonly timestamp?: string
}
const say = ({ vulnerability = 'CVE-2024-1', status = 'not_affected', ...rest }: Said) => ({
  vulnerability,
  status,
  ...(status === 'not_affected' && { justification: 'vulnerable_code_not_present' }),
  ...rest,
})
const applyTo = (findings: readonly Finding[], ...statements: readonly object[]) =>
  applyVex(findings, {
    image,
    documents: [
      {
        document: readVex({ statements }, { source: 'vex.json' }),
        source: 'vex.json',
        trustedAs: 'security team',
      },
    ],
  })
const apply = (...statements: readonly object[]) => applyTo([lodash, zlib, module], ...statements)
const suppressed = (...statements: readonly object[]) =>
  apply(...statements)
    .findings.filter((finding) => finding.suppressed !== undefined)
    .map(({ package: { name } }) => name)

const oci = (digest: string, more = '') => `pkg:oci/app@${encodeURIComponent(digest)}${more}`
const everything = ['lodash', 'zlib1g', 'github.com/open-policy-agent/opa']

describe('applyVex', () => {
  it.each<[string, Said['products'], readonly string[]]>([
    ['the image by digest in a purl', [oci(subject)], everything],
    ['the image by hash', [{ '@id': 'app', hashes: { 'sha-256': subject.slice(7) } }], everything],
    ['the repository of the image', ['pkg:oci/app?repository_url=prod.example%2Fapp'], everything],
    ['another digest', [oci(digestOf('other'))], []],
    [
      'another digest in the same repository',
      [oci(digestOf('other'), '?repository_url=prod.example%2Fapp')],
      [],
    ],
    ['another repository', ['pkg:oci/app?repository_url=prod.example%2Fother'], []],
    ['a tag of the repository', ['pkg:oci/app?repository_url=prod.example%2Fapp&tag=1'], []],
    ['a name that any image could have', ['pkg:oci/app'], []],
    ['a version that is no digest', ['pkg:oci/app@1.0?repository_url=prod.example%2Fapp'], []],
    ['the package without version', ['pkg:npm/lodash'], ['lodash']],
    ['the package with its version', ['pkg:npm/lodash@4.17.4'], ['lodash']],
    ['another version of the package', ['pkg:npm/lodash@4.17.5'], []],
    ['qualifiers that hold', ['pkg:deb/debian/zlib1g?distro=debian-12'], ['zlib1g']],
    ['qualifiers that do not hold', ['pkg:deb/debian/zlib1g?distro=debian-11'], []],
    ['another namespace', ['pkg:deb/ubuntu/zlib1g'], []],
    ['a part of the package', ['pkg:npm/lodash#lib'], []],
    ['several products, of which one is it', ['pkg:npm/a', 'pkg:npm/lodash'], ['lodash']],
    ['no purl at all', ['lodash'], []],
    ['a broken purl', ['pkg:npm'], []],
    [
      'a component of the image',
      [{ '@id': oci(subject), subcomponents: [{ '@id': 'pkg:deb/debian/zlib1g' }] }],
      ['zlib1g'],
    ],
    ['a component that nothing can name', [{ '@id': oci(subject), subcomponents: [{ '@id': 'zlib' }] }], []],
    [
      'a module linked into a program',
      [
        {
          '@id': 'pkg:golang/example.com/app',
          subcomponents: ['pkg:golang/github.com/open-policy-agent/opa'],
        },
      ],
      ['github.com/open-policy-agent/opa'],
    ],
    [
      'a module linked into another program',
      [
        {
          '@id': 'pkg:golang/example.com/other',
          subcomponents: ['pkg:golang/github.com/open-policy-agent/opa'],
        },
      ],
      [],
    ],
    [
      'a component of a product that the image does not hold',
      [{ '@id': 'pkg:golang/example.com/absent', subcomponents: ['pkg:npm/lodash'] }],
      [],
    ],
  ])('takes a statement about %s as meant', (_, products, expected) => {
    expect(suppressed(say({ products }))).toEqual(expected)
  })

  it('finds a vulnerability by its alias, and never another one', () => {
    const products = [oci(subject)]
    expect(suppressed(say({ products, vulnerability: 'GHSA-aaaa-bbbb-cccc' }))).toEqual(['lodash'])
    expect(suppressed(say({ products, vulnerability: 'CVE-2024-11' }))).toEqual([])
  })

  it('says who, why and where', () => {
    const products = ['pkg:npm/lodash']
    expect(apply(say({ products })).findings[0]?.suppressed).toEqual({
      kind: 'vex',
      status: 'not_affected',
      justification: 'vulnerable_code_not_present',
      statement: undefined,
      author: 'security team',
      source: 'vex.json',
    })
  })

  it.each<[string, Said['products'], readonly string[]]>([
    ['a package without a version', ['pkg:npm/lodash'], []],
    ['a package of a version', ['pkg:npm/lodash@4.17.4'], ['lodash']],
    ['a repository', ['pkg:oci/app?repository_url=prod.example/app'], []],
    ['an image', [oci(subject)], everything],
    [
      'a part of an image, whatever its version',
      [{ '@id': oci(subject), subcomponents: ['pkg:npm/lodash'] }],
      ['lodash'],
    ],
    [
      'a part of what a repository holds, without a version',
      [{ '@id': 'pkg:oci/app?repository_url=prod.example/app', subcomponents: ['pkg:npm/lodash'] }],
      [],
    ],
    [
      'a part of what a repository holds, of a version',
      [{ '@id': 'pkg:oci/app?repository_url=prod.example/app', subcomponents: ['pkg:npm/lodash@4.17.4'] }],
      ['lodash'],
    ],
  ])('takes “fixed” in %s as meant', (_, products, expected) => {
    expect(suppressed(say({ products, status: 'fixed' }))).toEqual(expected)
  })

  it('suppresses what several CVEs were joined into only when all of them are covered', () => {
    const joined = { ...lodash, id: 'CVE-2024-1000', aliases: ['CVE-2024-2000', 'GHSA-aaaa-bbbb-cccc'] }
    const isSuppressed = (...ids: readonly string[]) => {
      const statements = ids.map((vulnerability) => say({ products: [oci(subject)], vulnerability }))
      const document = readVex({ statements }, { source: 'x' })
      const [finding] = applyVex([joined], {
        image,
        documents: [{ document, source: 'x', trustedAs: 'team' }],
      }).findings
      return finding?.suppressed !== undefined
    }
    expect(isSuppressed('CVE-2024-1000')).toBe(false)
    expect(isSuppressed('CVE-2024-2000')).toBe(false)
    expect(isSuppressed('CVE-2024-1000', 'CVE-2024-2000')).toBe(true)
    expect(isSuppressed('GHSA-aaaa-bbbb-cccc')).toBe(true)
  })

  it.each<[Suppression['kind'], string]>([
    ['scanner', 'security team'],
    ['waiver', 'somebody'],
    ['vex', 'somebody'],
  ])('says so of what is suppressed as %s already: %s', (kind, author) => {
    const earlier: Suppression = { kind, status: 'ignored', author: 'somebody', source: 'earlier' }
    const { findings } = applyTo([{ ...lodash, suppressed: earlier }], say({ products: ['pkg:npm/lodash'] }))
    expect(findings[0]?.suppressed?.author).toBe(author)
  })

  it.each([
    ['affected', { status: 'affected' }],
    ['under_investigation', { status: 'under_investigation' }],
  ])('suppresses nothing by %s', (_, rest) => {
    expect(suppressed(say({ products: [oci(subject)], ...rest }))).toEqual([])
  })

  it.each([
    ['no justification', say({ products: ['pkg:npm/lodash'], justification: undefined }), 'justification'],
    [
      'a justification of its own',
      say({ products: ['pkg:npm/lodash'], justification: 'no_fix_yet' }),
      'justification',
    ],
    ['no product', say({ products: [] }), 'product'],
    ['no vulnerability', say({ products: ['pkg:npm/lodash'], vulnerability: '' }), 'vulnerability'],
    ['a time that is none', say({ products: ['pkg:npm/lodash'], timestamp: 'yesterday' }), 'time'],
  ])('rejects a statement with %s', (_, statement, reason) => {
    const { findings, rejected } = apply(statement)
    expect(findings.filter((finding) => finding.suppressed)).toEqual([])
    expect(rejected).toEqual([
      expect.objectContaining({ source: 'vex.json', reason: expect.stringContaining(reason) as string }),
    ])
  })

  it.each<[string, readonly [status: string, timestamp: string | undefined][], readonly string[]]>([
    [
      'the latest',
      [
        ['not_affected', '2026-01-01T00:00:00Z'],
        ['affected', '2026-01-02T00:00:00Z'],
      ],
      [],
    ],
    [
      'the latest, whatever the order',
      [
        ['affected', '2026-01-02T00:00:00Z'],
        ['not_affected', '2026-01-03T00:00:00+02:00'],
      ],
      ['lodash'],
    ],
    [
      'the most cautious of one time',
      [
        ['fixed', '2026-01-01T00:00:00Z'],
        ['affected', '2026-01-01T00:00:00Z'],
      ],
      [],
    ],
    [
      'a warning whose time cannot be read',
      [
        ['affected', 'yesterday'],
        ['not_affected', '2026-01-01T00:00:00Z'],
      ],
      [],
    ],
    [
      'one with a time before one without',
      [
        ['affected', undefined],
        ['fixed', '2026-01-01T00:00:00Z'],
      ],
      ['lodash'],
    ],
  ])('of several statements believes %s', (_, said, expected) => {
    const statements = said.map(([status, timestamp]) =>
      say({ products: ['pkg:npm/lodash@4.17.4'], status, ...(timestamp !== undefined && { timestamp }) }),
    )
    expect(suppressed(...statements)).toEqual(expected)
  })

  it('tells which statements are about nothing that was found', () => {
    const { unmatched } = apply(say({ products: ['pkg:npm/lodash'] }), say({ products: ['pkg:npm/old'] }))
    expect(unmatched.map(({ statement: { products } }) => products[0]?.name)).toEqual(['pkg:npm/old'])
  })

  it('refuses a document that nobody vouches for', () => {
    const document = readVex({ author: 'trust me', statements: [] }, { source: 'x' })
    expect(() => applyVex([], { image, documents: [{ document, source: 'x', trustedAs: ' ' }] })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
