import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { extensionOf } from '../advisory-extension.ts'
import { parseAdvisories } from '../parse-advisories.ts'
import { parseCsafVex } from './parse-csaf-vex.ts'

const product = (id: string, helper: object) => ({
  category: 'product_version',
  product: { name: id, product_id: id, product_identification_helper: helper },
})
const part = (name: string) => ({
  full_product_name: { product_id: `P9:${name}` },
  product_reference: name,
  relates_to_product_reference: 'P9',
})

const names = {
  'bash-0:5.1-1.el9.x86_64': 'pkg:rpm/redhat/bash@5.1-1.el9?arch=x86_64',
  'bash-0:5.1-2.el9.aarch64': 'pkg:rpm/redhat/bash@5.1-2.el9?arch=aarch64',
  'curl-1:8-1.el9.x86_64': 'pkg:rpm/redhat/curl@8-1.el9?arch=x86_64&epoch=1',
  'nodejs-18': 'pkg:rpm/redhat/nodejs@18-1.module+el9?arch=x86_64&rpmmod=nodejs:18:9:abc',
  'bash.src': 'pkg:rpm/redhat/bash?arch=src',
  zip: 'pkg:rpm/redhat/zip',
  tar: 'pkg:rpm/redhat/tar',
  sed: 'pkg:rpm/redhat/sed',
  gzip: 'pkg:rpm/redhat/gzip',
  awk: 'pkg:rpm/redhat/awk',
  image: 'pkg:oci/ubi9@sha256%3Aabc',
}

const document = {
  document: {
    category: 'csaf_vex',
    aggregate_severity: { text: 'Important' },
    tracking: { id: 'CVE-2024-1000', current_release_date: '2025-01-01T00:00:00+00:00' },
  },
  product_tree: {
    branches: [
      {
        category: 'vendor',
        branches: [
          product('P9', { cpe: 'cpe:/a:redhat:enterprise_linux:9::appstream' }),
          ...Object.entries(names).map(([id, purl]) => product(id, { purl })),
        ],
      },
    ],
    relationships: Object.keys(names).map(part),
  },
  vulnerabilities: [
    {
      cve: 'CVE-2024-1000',
      product_status: {
        fixed: [
          'P9:bash-0:5.1-1.el9.x86_64',
          'P9:bash-0:5.1-2.el9.aarch64',
          'P9:curl-1:8-1.el9.x86_64',
          'P9:nodejs-18',
          'P9:bash.src',
        ],
        known_affected: ['P9:zip', 'P9:tar', 'P9:gzip', 'P9:image', 'P9:nowhere'],
        known_not_affected: ['P9:sed'],
        under_investigation: ['P9:awk'],
      },
      remediations: [
        { category: 'no_fix_planned', details: 'Will not fix', product_ids: ['P9:zip'] },
        { category: 'none_available', details: 'Fix deferred', product_ids: ['P9:tar'] },
        { category: 'no_fix_planned', details: 'Out of support scope', product_ids: ['P9:gzip'] },
      ],
    },
  ],
}

describe('parseCsafVex', () => {
  it('reads each status of each package, with epoch and module', () => {
    const [record] = parseCsafVex(JSON.stringify(document), 'x.json')
    expect(record).toMatchObject({
      id: 'RHEL-CVE-2024-1000',
      upstream: ['CVE-2024-1000'],
      modified: '2025-01-01T00:00:00+00:00',
    })
    const read = record?.affected?.map((each) => {
      expect(each.package?.ecosystem).toBe('Red Hat:enterprise_linux:9::appstream')
      const { name, ...rest } = extensionOf(each)
      expect(name).toBe('binary')
      return [each.package?.name, each.ranges?.[0]?.events[1]?.fixed, rest]
    })
    expect(read).toEqual([
      ['bash', '0:5.1-2.el9', {}],
      ['curl', '1:8-1.el9', {}],
      ['nodejs', '0:18-1.module+el9', { module: 'nodejs:18' }],
      ['zip', undefined, { fixState: 'wont-fix', reason: 'Will not fix' }],
      ['tar', undefined, { fixState: 'deferred', reason: 'Fix deferred' }],
      ['gzip', undefined, { fixState: 'end-of-life', reason: 'Out of support scope' }],
      ['sed', undefined, { status: 'not-affected' }],
      ['awk', undefined, { status: 'undetermined', fixState: 'unknown', reason: 'under_investigation' }],
    ])
  })

  it('keeps a source package whose product names binary packages of others alone', () => {
    const ids = {
      'bash.x86_64': 'pkg:rpm/redhat/bash@5.1-1.el9?arch=x86_64',
      'bash-doc.src': 'pkg:rpm/redhat/bash-all@5.1-1.el9?arch=src',
      'firefox.src': 'pkg:rpm/redhat/firefox?arch=src',
    }
    const [vendor] = document.product_tree.branches
    const [cpe] = vendor?.branches ?? []
    const branches = [cpe, ...Object.entries(ids).map(([id, purl]) => product(id, { purl }))]
    const known_affected = Object.keys(ids).map((id) => `P9:${id}`)
    const [record] = parseCsafVex(
      JSON.stringify({
        ...document,
        product_tree: { branches: [{ ...vendor, branches }], relationships: Object.keys(ids).map(part) },
        vulnerabilities: [{ cve: 'CVE-2024-1000', product_status: { known_affected } }],
      }),
      'x.json',
    )
    const read = record?.affected?.map((each) => [each.package?.name, extensionOf(each).name])
    expect(read).toEqual([
      ['bash', 'binary'],
      ['firefox', 'source'],
    ])
  })

  it.each([
    ['text', 'no'],
    [
      'another profile',
      JSON.stringify({ ...document, document: { ...document.document, category: 'csaf_base' } }),
    ],
    ['no vulnerability', JSON.stringify({ ...document, vulnerabilities: [] })],
  ])('refuses %s', (_, text) => {
    expect(() => parseCsafVex(text, 'x.json')).toThrow(
      expect.objectContaining({ code: 'ADVISORIES_INVALID' }),
    )
  })
})

const data = new URL('../../../../../../shared/data/scan/advisories/redhat-vex/', import.meta.url)

describe.skipIf(!existsSync(data))(
  'Red Hat’s own documents (skipped where the data folder is absent)',
  () => {
    it.each([
      ['cve-2023-4154.json', 159],
      ['cve-2024-24786-bad-rpmmod.json', 3],
    ])('%s makes %i statements', (file, count) => {
      const records = parseCsafVex(readFileSync(new URL(file, data), 'utf8'), file)
      expect(parseAdvisories(records, { source: file })[0]?.affected).toHaveLength(count)
    })
  },
)
