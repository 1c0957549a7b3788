import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScanError } from '../errors.ts'
import { readVex } from './read-vex.ts'

const data = join(import.meta.dirname, '../../../../../shared/data')
const sha = 'a'.repeat(64)
const read = (value: object | string) => readVex(value, { source: 'test.json' })

describe('readVex', () => {
  it('reads OpenVEX 0.2.0: ids, aliases, products by purl and hash, subcomponents', () => {
    const document = read(
      JSON.stringify({
        '@context': 'https://openvex.dev/ns/v0.2.0',
        '@id': 'https://example.com/1',
        author: 'someone',
        timestamp: '2026-01-01T00:00:00Z',
        statements: [
          {
            vulnerability: {
              '@id': 'https://nvd.nist.gov/vuln/detail/CVE-2024-1',
              name: 'CVE-2024-1',
              aliases: ['GHSA-a'],
            },
            products: [
              {
                '@id': 'the app',
                identifiers: { purl: 'pkg:oci/app' },
                hashes: { 'sha-256': sha.toUpperCase(), md5: 'b' },
                subcomponents: [{ '@id': 'pkg:deb/debian/a@1' }],
              },
            ],
            status: 'not_affected',
            justification: 'component_not_present',
            impact_statement: 'gone',
          },
          {
            vulnerability: 'CVE-2024-2',
            products: ['pkg:npm/a'],
            status: 'affected',
            action_statement: 'update',
            timestamp: '2026-02-01T00:00:00Z',
          },
        ],
      }),
    )
    expect(document).toEqual({
      format: 'openvex',
      id: 'https://example.com/1',
      author: 'someone',
      timestamp: '2026-01-01T00:00:00Z',
      statements: [
        {
          vulnerabilities: ['CVE-2024-1', 'GHSA-a'],
          status: 'not_affected',
          justification: 'component_not_present',
          statement: 'gone',
          products: [
            {
              purls: ['pkg:oci/app'],
              digests: [`sha256:${sha}`],
              name: 'the app',
              subcomponents: [{ purls: ['pkg:deb/debian/a@1'], digests: [], name: 'pkg:deb/debian/a@1' }],
            },
          ],
          timestamp: '2026-01-01T00:00:00Z',
        },
        {
          vulnerabilities: ['CVE-2024-2'],
          status: 'affected',
          justification: undefined,
          statement: 'update',
          products: [{ purls: ['pkg:npm/a'], digests: [], name: 'pkg:npm/a', subcomponents: [] }],
          timestamp: '2026-02-01T00:00:00Z',
        },
      ],
    })
  })

  it('reads CSAF: status of each product, flags and impact by product and group, components of products', () => {
    const helper = (purl: string) => ({ product_identification_helper: { purl } })
    const document = read({
      document: {
        category: 'csaf_vex',
        csaf_version: '2.0',
        publisher: { name: 'vendor' },
        tracking: { id: 'V-1', current_release_date: '2026-01-01T00:00:00Z' },
      },
      product_tree: {
        branches: [
          { branches: [{ product: { name: 'os', product_id: 'OS', ...helper('pkg:oci/os') } }] },
          { product: { name: 'lib', product_id: 'LIB', ...helper('pkg:rpm/redhat/lib') } },
        ],
        product_groups: [{ group_id: 'G', product_ids: ['OS:LIB', 'OS'] }],
        relationships: [
          {
            category: 'default_component_of',
            full_product_name: { name: 'lib in os', product_id: 'OS:LIB' },
            product_reference: 'LIB',
            relates_to_product_reference: 'OS',
          },
        ],
      },
      vulnerabilities: [
        {
          cve: 'CVE-2024-1',
          ids: [{ text: 'V-7' }],
          product_status: {
            known_not_affected: ['OS:LIB', 'MISSING'],
            fixed: ['OS'],
            known_affected: ['LIB'],
          },
          flags: [{ label: 'vulnerable_code_not_present', group_ids: ['G'] }],
          threats: [{ category: 'impact', details: 'not built in', product_ids: ['OS:LIB'] }],
        },
      ],
    })
    expect(document).toMatchObject({ format: 'csaf', id: 'V-1', author: 'vendor' })
    expect(
      document.statements.map(({ status, justification, statement, products: [product] }) => [
        status,
        justification,
        statement,
        product?.purls,
        product?.subcomponents.map(({ purls }) => purls),
      ]),
    ).toEqual([
      [
        'not_affected',
        'vulnerable_code_not_present',
        'not built in',
        ['pkg:oci/os'],
        [['pkg:rpm/redhat/lib']],
      ],
      ['not_affected', undefined, undefined, [], []],
      ['fixed', 'vulnerable_code_not_present', undefined, ['pkg:oci/os'], []],
      ['affected', undefined, undefined, ['pkg:rpm/redhat/lib'], []],
    ])
    expect(document.statements[0]?.vulnerabilities).toEqual(['CVE-2024-1', 'V-7'])
  })

  it.each([
    ['not_affected', 'code_not_reachable', 'not_affected', 'vulnerable_code_not_in_execute_path'],
    ['not_affected', 'code_not_present', 'not_affected', 'vulnerable_code_not_present'],
    ['not_affected', 'protected_at_perimeter', 'not_affected', 'inline_mitigations_already_exist'],
    ['false_positive', undefined, 'not_affected', undefined],
    ['resolved', undefined, 'fixed', undefined],
    ['exploitable', undefined, 'affected', undefined],
    ['in_triage', undefined, 'under_investigation', undefined],
  ])('reads the CycloneDX state %s (%s)', (state, justification, status, label) => {
    const { statements } = read({
      bomFormat: 'CycloneDX',
      components: [{ 'bom-ref': 'x', name: 'whole', components: [{ 'bom-ref': 'r', purl: 'pkg:npm/a@1' }] }],
      vulnerabilities: [
        {
          id: 'CVE-2024-1',
          references: [{ id: 'GHSA-a' }],
          analysis: { state, justification },
          affects: [
            { ref: 'r' },
            { ref: 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Fb%402' },
          ],
        },
        { id: 'CVE-2024-2', affects: [{ ref: 'r' }] },
      ],
    })
    expect(statements).toMatchObject([
      {
        vulnerabilities: ['CVE-2024-1', 'GHSA-a'],
        status,
        products: [{ purls: ['pkg:npm/a@1'] }, { purls: ['pkg:npm/b@2'] }],
      },
    ])
    expect(statements[0]?.justification).toBe(label)
  })

  it.each<[string, string, readonly object[], number]>([
    ['the version of the component', 'not_affected', [{ version: '1', status: 'unaffected' }], 1],
    ['another version', 'not_affected', [{ version: '2', status: 'unaffected' }], 0],
    ['a version without a status', 'not_affected', [{ version: '1' }], 0],
    ['an affected version', 'resolved', [{ version: '1', status: 'affected' }], 0],
    ['a range', 'not_affected', [{ range: 'vers:npm/<2', status: 'unaffected' }], 0],
    ['an affected version, to warn', 'exploitable', [{ version: '1', status: 'affected' }], 1],
  ])('takes a list of CycloneDX with %s as meant (%s)', (_, state, versions, products) => {
    const { statements } = read({
      bomFormat: 'CycloneDX',
      components: [{ 'bom-ref': 'r', purl: 'pkg:npm/a@1' }],
      vulnerabilities: [{ id: 'CVE-2024-1', analysis: { state }, affects: [{ ref: 'r', versions }] }],
    })
    expect(statements[0]?.products).toHaveLength(products)
  })

  it('reads the predicate of an attestation', () => {
    const predicate = { statements: [{ vulnerability: { name: 'CVE-2024-1' }, status: 'fixed' }] }
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://openvex.dev/ns',
      predicate,
    }
    expect(read(statement).statements).toEqual(read(predicate).statements)
  })

  it.each([
    ['text that is no JSON', 'statements', 'VEX_INVALID'],
    ['a list', '[]', 'VEX_INVALID'],
    ['another kind of document', '{"spdxVersion":"SPDX-2.3"}', 'VEX_INVALID'],
    ['an unknown status', '{"statements":[{"vulnerability":"CVE-1","status":"fine"}]}', 'VEX_INVALID'],
    [
      'a CSAF document of a version to come',
      '{"document":{"category":"csaf_vex","csaf_version":"3.0"}}',
      'VEX_INVALID',
    ],
    ['nesting without end', `{"statements":${'['.repeat(10_000)}`, 'VEX_INVALID'],
  ])('refuses %s', (_, text, code) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }))
  })

  it('refuses a document that is too large, before reading it', () => {
    expect(() => readVex('{"statements":[]}', { source: 's', maxBytes: 5 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })

  it('throws nothing but its own errors', () => {
    const value = fc.jsonValue({ maxDepth: 4 })
    const shaped = fc.record(
      {
        bomFormat: fc.constant('CycloneDX'),
        document: value,
        statements: value,
        vulnerabilities: value,
        components: value,
        product_tree: value,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(shaped, value), (input) => {
        try {
          readVex(JSON.stringify(input), { source: 's' })
        } catch (error) {
          expect(error).toBeInstanceOf(ScanError)
        }
      }),
    )
  })
})

describe.skipIf(!existsSync(data))('published documents (skipped where the data folder is absent)', () => {
  const files = (folder: string, pattern: RegExp) =>
    readdirSync(join(data, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => pattern.test(name))
      .map((name) => join(data, folder, name))
  const statusesOf = (file: string) => [
    ...new Set(readVex(readFileSync(file), { source: file }).statements.map(({ status }) => status)),
  ]

  it.each([
    ['csaf-2.0/2022-evd-uc-01-na-001.json', ['not_affected']],
    ['csaf-2.0/2022-evd-uc-01-f-001.json', ['fixed']],
    ['csaf-2.0/2022-evd-uc-01-a-001.json', ['affected']],
    ['csaf-2.0/2022-evd-uc-01-ui-001.json', ['under_investigation']],
    ['csaf-2.1/2022-evd-uc-01-na-001.json', ['not_affected']],
    ['cyclonedx/cisa-case-1/vex-fixed.json', ['fixed']],
    ['cyclonedx/cisa-case-1/vex-not_affected.json', ['not_affected']],
    ['cyclonedx/cisa-case-1/vex-affected.json', ['affected']],
    ['cyclonedx/cisa-case-1/vex-under_investigation.json', ['under_investigation']],
    ['openvex-go-vex/v001-1.vex.json', ['under_investigation']],
    ['openvex-go-vex/v020-2.vex.json', ['under_investigation']],
  ])('%s says %s', (name, expected) => {
    expect(statusesOf(join(data, 'slsa/vex', name))).toEqual(expected)
  })

  it('reads every OpenVEX and CycloneDX example, and Red Hat’s CSAF', () => {
    const all = [
      ...files('slsa/vex/openvex-examples', /tutorial.*json$/),
      ...files('slsa/vex/openvex-go-vex', /^v0.*json$/),
      ...files('slsa/vex/cyclonedx', /vex.*json$/),
      ...files('scan/vex/trivy/file', /json$/),
      ...files('scan/advisories/redhat-vex', /json$/),
    ]
    expect(all.length).toBeGreaterThan(15)
    for (const file of all) expect(statusesOf(file), file).not.toEqual([])
  })
})
