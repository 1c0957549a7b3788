// Runs the code of docs/guides/migration.md on this machine.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { generateSigningKey } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { sampleImage, writeSamples } from '../gate/write-samples.ts'
import { chooseScanner } from './guide/choose-scanner.ts'
import { compare } from './guide/compare.ts'
import { openGate } from './guide/open-gate.ts'
import { writeWaivers } from './guide/write-waivers.ts'

const document = join(import.meta.dirname, '..', '..', 'docs', 'guides', 'migration.md')
await checkGuide(document, join(import.meta.dirname, 'guide'))
await checkLinks(document)

const folder = await mkdtemp(join(tmpdir(), 'sallyport-migration-'))
const back = process.cwd()
process.chdir(folder)
await using build = await startRegistry()
await using production = await startRegistry()
await using client = createRegistryClient()
try {
  await writeSamples()
  process.env['COSIGN_PASSWORD'] = 'a passphrase'
  for (const name of ['cosign.key', 'evidence.key'])
    await writeFile(name, generateSigningKey({ passphrase: 'a passphrase' }).privateKey)

  const push = async (name: string, tool: boolean) => {
    const reference = parseReference(`${build.host}/${name}`)
    await pushImage(client.repository(reference), sampleImage({ tool }), '1')
    return [`${build.host}/${name}`, `${production.host}/${name}`] as const
  }
  const app = await push('team/app:1', false)

  // The copy alone.
  const program = join(import.meta.dirname, 'guide', 'copy-image.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program, ...app])
  assert.equal(stdout.trim(), production.resolve('team/app', '1'))

  // What Trivy ignored.
  await writeFile('.trivyignore', 'CVE-2026-0001\nCVE-2026-0002\n')
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  await writeWaivers(tomorrow)
  assert.match(await readFile('waivers.yaml', 'utf8'), /CVE-2026-0001/)
  await writeFile('waivers.yaml', 'version: 1\nwaivers: []\n')

  // Beside the script: it called what it could not see clean. The sample has findings in packages that nothing uses, too.
  assert.equal(chooseScanner('trivy', folder).name, 'trivy')
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  await using resources = new AsyncDisposableStack()
  const gate = await openGate(resources, [builtinScanner({ advisories })])
  const difference = await compare(gate, app, 'passed')
  assert.match(difference ?? '', /CVE-2026-0002/)
  assert.equal(await compare(gate, app, 'stopped'), undefined)
} finally {
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}
