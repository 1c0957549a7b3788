// Runs gate.ts, the example of the README, on a small image between two registries in this process.
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { generateSigningKey } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { promoteToProduction } from './gate.ts'

const examples = join(import.meta.dirname, '..')
const root = join(examples, '..')

// The README shows exactly this code.
const shown = await readFile(join(root, 'README.md'), 'utf8')
const code = await readFile(join(import.meta.dirname, 'gate.ts'), 'utf8')
if (!shown.includes(`\`\`\`ts\n${code}\`\`\``))
  throw new Error('the example in README.md is not examples/quick-start/gate.ts')

const folder = await mkdtemp(join(tmpdir(), 'sallyport-quick-start-'))
process.chdir(folder)
try {
  await copyFile(join(examples, 'gate.yaml'), 'gate.yaml')
  await copyFile(join(examples, 'demo', 'advisories.json'), 'advisories.json')
  await writeFile('evidence.key', generateSigningKey().privateKey)
  await writeFile('release.key', generateSigningKey().privateKey)

  await using build = await startRegistry()
  await using production = await startRegistry()
  await using client = createRegistryClient()
  const stanza = (name: string) =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nDescription: part of the example\n`
  const image = createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
          '/usr/bin/app': { content: 'an executable of the example', mode: 0o755 },
          '/usr/bin/left-over': { content: 'a tool that only the build needed', mode: 0o755 },
          '/var/lib/dpkg/status': `${stanza('app')}\n${stanza('left-over')}`,
          '/var/lib/dpkg/info/app.list': '/etc/os-release\n/usr/bin/app\n',
          '/var/lib/dpkg/info/left-over.list': '/usr/bin/left-over\n',
        },
      },
    ],
    config: { Entrypoint: ['/usr/bin/app'] },
  })
  await pushImage(client.repository(parseReference(`${build.host}/team/app:1.4`)), image, '1.4')

  const to = `${production.host}/team/app:1.4`
  await promoteToProduction(`${build.host}/team/app:1.4`, to)
  const tags = production.snapshot()
  if (!JSON.stringify(tags).includes('1.4')) throw new Error('the image was not promoted')
} finally {
  process.chdir(root)
  await rm(folder, { recursive: true, force: true })
}
