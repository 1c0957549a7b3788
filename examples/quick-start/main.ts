// Runs gate.ts, the example of the README, as a program on a small image between two registries in this process.
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { generateSigningKey } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'

const examples = join(import.meta.dirname, '..')
const gate = join(import.meta.dirname, 'gate.ts')

// The README shows exactly these files.
const shown = await readFile(join(examples, '..', 'README.md'), 'utf8')
for (const [language, name] of [
  ['ts', 'gate.ts'],
  ['yaml', 'gate.yaml'],
]) {
  const code = await readFile(join(import.meta.dirname, name!), 'utf8')
  if (!shown.includes(`\`\`\`${language}\n${code}\`\`\``))
    throw new Error(`README.md does not show examples/quick-start/${name}`)
}

const folder = await mkdtemp(join(tmpdir(), 'sallyport-quick-start-'))
try {
  await copyFile(join(import.meta.dirname, 'gate.yaml'), join(folder, 'gate.yaml'))
  await copyFile(join(examples, 'demo', 'advisories.json'), join(folder, 'advisories.json'))
  await writeFile(join(folder, 'evidence.key'), generateSigningKey().privateKey)
  await writeFile(join(folder, 'release.key'), generateSigningKey().privateKey)

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

  const places = [`${build.host}/team/app:1.4`, `${production.host}/team/app:1.4`]
  await promisify(execFile)(process.execPath, [...process.execArgv, gate, ...places], { cwd: folder })
  if (production.resolve('team/app', '1.4') === undefined) throw new Error('the image was not promoted')
} finally {
  await rm(folder, { recursive: true, force: true })
}
