import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { GeneratedImage } from '@sallyport/testkit'
import { createImage } from '@sallyport/testkit'

const stanza = (name: string, version: string, source = name) =>
  `Package: ${name}\nStatus: install ok installed\nMaintainer: Nobody <nobody@example.com>\nArchitecture: amd64\nSource: ${source}\nVersion: ${version}\nDescription: of an example\n\n`

const osRelease = (version: string) =>
  `ID=debian\nVERSION_ID="${version}"\nPRETTY_NAME="Debian GNU/Linux ${version}"\nVERSION_CODENAME=bookworm\n`

const base = { 'etc/os-release': osRelease('12'), 'etc/debian_version': '12.5\n' }
const lodash = {
  'srv/node_modules/lodash/package.json': JSON.stringify({ name: 'lodash', version: '4.17.4' }),
}
const openssl = stanza('libssl3', '3.0.9-1', 'openssl')

/** An image with vulnerable packages of Debian and npm, and with a key that should not be there. */
export const sampleImage: GeneratedImage = createImage({
  layers: [
    { files: { ...base, 'var/lib/dpkg/status': openssl + stanza('libexpat1', '2.5.0-1+deb12u2', 'expat') } },
    { files: { ...lodash, 'srv/.aws/credentials': secret() } },
  ],
})

/** The same with a newer expat, and without lodash. */
export const repairedImage: GeneratedImage = createImage({
  layers: [
    { files: { ...base, 'var/lib/dpkg/status': openssl + stanza('libexpat1', '2.5.0-1+deb12u3', 'expat') } },
  ],
})

/** An image whose database is gone. */
export const emptiedImage: GeneratedImage = createImage({
  layers: [{ files: { ...base, 'var/lib/dpkg/status': '' } }],
})

/** Put together here, so that nobody takes this file for a leak. */
function secret(): string {
  const id = ['AKIA', 'Z3MSJV4WWNKWTEST'.replace('TEST', 'Q7XY')].join('')
  return `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${'wJalrXUtnFEMIK7MDENGbPxRfiCYzq0w5Td9Lh3a'}\n`
}

const open = (urgency = 'high') => ({ bookworm: { status: 'open', urgency } })
const resolved = (fixed_version: string) => ({
  bookworm: { status: 'resolved', fixed_version, urgency: 'medium' },
})
const tracker = {
  openssl: {
    'CVE-2023-5363': { releases: resolved('3.0.11-1~deb12u2') },
    'CVE-2024-5535': {
      releases: { bookworm: { ...open('low').bookworm, nodsa: 'Minor issue', nodsa_reason: '' } },
    },
  },
  expat: { 'CVE-2024-28757': { releases: resolved('2.5.0-1+deb12u3') } },
}

const secdb = {
  distroversion: 'v3.20',
  reponame: 'main',
  packages: [{ pkg: { name: 'expat', secfixes: { '2.6.2-r0': ['CVE-2024-28757'] } } }],
}

const ghsa = {
  schema_version: '1.7.3',
  id: 'GHSA-jf85-cpcp-j695',
  modified: '2025-01-14T00:00:00Z',
  aliases: ['CVE-2019-10744'],
  summary: 'Prototype pollution in lodash',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'npm', name: 'lodash' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '4.17.12' }] }],
    },
  ],
  database_specific: { severity: 'CRITICAL' },
}

const csaf = {
  document: {
    category: 'csaf_vex',
    aggregate_severity: { text: 'Moderate' },
    tracking: { id: 'CVE-2024-28757', current_release_date: '2025-01-14T00:00:00+00:00' },
  },
  product_tree: {
    branches: [
      {
        category: 'vendor',
        branches: [
          product('RHEL-9', { cpe: 'cpe:/o:redhat:enterprise_linux:9::baseos' }),
          product('expat', { purl: 'pkg:rpm/redhat/expat@2.5.0-2.el9?arch=x86_64' }),
        ],
      },
    ],
    relationships: [
      {
        full_product_name: { product_id: 'RHEL-9:expat' },
        product_reference: 'expat',
        relates_to_product_reference: 'RHEL-9',
      },
    ],
  },
  vulnerabilities: [{ cve: 'CVE-2024-28757', product_status: { fixed: ['RHEL-9:expat'] } }],
}

function product(id: string, product_identification_helper: object): object {
  return { category: 'product_version', product: { name: id, product_id: id, product_identification_helper } }
}

const today = new Date().toISOString().slice(0, 10)

const kev = {
  catalogVersion: today.replaceAll('-', '.'),
  dateReleased: `${today}T00:00:00Z`,
  count: 1,
  vulnerabilities: [
    {
      cveID: 'CVE-2024-28757',
      dateAdded: '2026-11-20',
      dueDate: '2026-12-11',
      knownRansomwareCampaignUse: 'Unknown',
    },
  ],
}

const epss = `#model_version:v2025.03.14,score_date:${today}T00:00:00+0000
cve,epss,percentile
CVE-2019-10744,0.03214,0.86611
CVE-2023-5363,0.10120,0.93001
`

const vex = {
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.com/vex/1',
  author: 'anybody',
  timestamp: '2026-11-25T00:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: { name: 'CVE-2024-5535' },
      products: [{ '@id': 'pkg:deb/debian/libssl3' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
    },
    // Without a justification, so that it does not count.
    {
      vulnerability: { name: 'CVE-2023-5363' },
      products: [{ '@id': 'pkg:deb/debian/libssl3' }],
      status: 'not_affected',
      impact_statement: 'we think',
    },
  ],
}

/** Writes the files that the guide reads into the working folder. */
export async function writeSamples(): Promise<void> {
  const files = {
    'feeds/debian.json': JSON.stringify(tracker),
    'feeds/alpine-main.json': JSON.stringify(secdb),
    'feeds/redhat/cve-2024-28757.json': JSON.stringify(csaf),
    'feeds/npm/GHSA-jf85-cpcp-j695.json': JSON.stringify(ghsa),
    'kev.json': JSON.stringify(kev),
    'epss.csv': epss,
    'own.openvex.json': JSON.stringify(vex),
    '.trivyignore': 'CVE-2023-5363 exp:2027-01-31\nCVE-2000-0001\n',
    '.grype.yaml':
      'ignore:\n  - vulnerability: CVE-2024-5535\n    package:\n      name: libssl3\n    reason: not reachable\n',
  }
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
}
