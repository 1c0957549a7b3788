import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateSigningKey } from '@sallyport/attest'
import { createImage, type GeneratedImage } from '@sallyport/testkit'

/** A version of the app. Hardening takes out `left-over`; a critical flaw of `tool` stays where the app starts it. */
export function sampleImage({ version = '1', tool = false } = {}): GeneratedImage {
  const executable = (content: string) => ({ content, mode: 0o755 })
  const packages = ['dash', 'hello', 'left-over', 'tool']
  const stanzas = packages.map(
    (name) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nMaintainer: Nobody <nobody@example.org>\nDescription: ${name} of the example\n`,
  )
  return createImage({
    config: { Entrypoint: ['/app/run.sh'], User: '1000' },
    layers: [
      {
        files: {
          '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\n',
          '/bin': { symlink: 'usr/bin' },
          '/usr/bin/sh': { symlink: 'dash' },
          '/usr/bin/dash': executable('stands for a shell'),
          '/usr/bin/hello': executable('#!/bin/sh\necho hello\n'),
          '/usr/bin/left-over': executable('what the build needed'),
          '/usr/bin/tool': executable('#!/bin/sh\necho tool\n'),
          '/var/lib/dpkg/status': stanzas.join('\n'),
          ...Object.fromEntries(
            packages.map((name) => [`/var/lib/dpkg/info/${name}.list`, `/.\n/usr/bin/${name}\n`]),
          ),
        },
      },
      {
        files: {
          '/app/run.sh': executable(`#!/bin/sh\n${tool ? '/usr/bin/tool\n' : ''}exec /usr/bin/hello\n`),
          '/app/version': version,
        },
      },
    ],
  })
}

const advisory = (id: string, name: string) => ({
  schema_version: '1.7.0',
  id,
  modified: new Date(Date.now() - 3_600_000).toISOString(),
  published: '2026-11-01T00:00:00Z',
  summary: `a flaw of ${name}`,
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'Debian:12', name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '99' }] }],
    },
  ],
})

/** What `advisories.json` holds; an hour old. */
export const sampleAdvisories = (): string =>
  JSON.stringify([advisory('CVE-2026-0001', 'left-over'), advisory('CVE-2026-0002', 'tool')])

/** Writes policy, waivers, advisories and the reviewers' keys into the working folder. */
export async function writeSamples(): Promise<void> {
  const reviewers = generateSigningKey()
  await copyFile(join(import.meta.dirname, '..', 'policy', 'documents', 'three-lines.yaml'), 'gate.yaml')
  await writeFile('waivers.yaml', 'version: 1\nwaivers: []\n')
  await writeFile('advisories.json', sampleAdvisories())
  await writeFile('reviewers.key', reviewers.privateKey)
  await writeFile('reviewers.pub', reviewers.publicKey)
}
