// The main job, seen by a person: npm run demo [-- --image <registry/repository:tag | oci:folder[:tag]>]
//
// Ends with 0 when everything came out as it should, with --image: 0 pass, 1 fail, 2 error.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import { promote, type PromotionOutcome, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { copyImage, createRegistryClient, openLayout, parseReference } from '@sallyport/oci'
import { parsePolicy, parseWaivers } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { startRegistry } from '@sallyport/testkit'
import { printHeading, printLine, printOutcome, printProgress } from './print.ts'
import { buildSampleImages } from './sample-images/build-sample-images.ts'
import { runSample } from './sample-images/smoke-test.ts'

const examples = join(import.meta.dirname, '..')
const { values } = parseArgs({
  options: { image: { type: 'string' }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  process.stdout.write('npm run demo [-- --image <registry/repository:tag | oci:folder[:tag]>]\n')
  process.exit(0)
}

const work = join(examples, '..', 'temp', 'demo')
await rm(work, { recursive: true, force: true })
await mkdir(work, { recursive: true })
const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')))
const { signal } = interrupt

const policyFile = join(examples, 'gate.yaml')
const policy = parsePolicy(await readFile(policyFile, 'utf8'), { source: 'examples/gate.yaml' })
const waiverFile = join(examples, 'waivers.yaml')
const waivers = parseWaivers(await readFile(waiverFile, 'utf8'), { source: 'examples/waivers.yaml' })
const advisoryFile = join(import.meta.dirname, 'advisories.json')
const advisories = parseAdvisories(await readFile(advisoryFile), { source: 'examples/demo/advisories.json' })
const keys = { evidence: generateSigningKey(), release: generateSigningKey() }
await writeFile(join(work, 'evidence.pub'), keys.evidence.publicKey)
await writeFile(join(work, 'release.pub'), keys.release.publicKey)

printHeading('Registries')
await using build = await startRegistry()
await using production = await startRegistry()
await using client = createRegistryClient()
await using journal = sqliteJournal(join(work, 'journal.db'))
await using quarantine = sqliteQuarantine(join(work, 'quarantine.db'))
printLine(`build ${build.host}, production ${production.host}`)

async function run(from: string, to: string): Promise<PromotionOutcome> {
  printHeading(`Promote ${from} → ${to}`)
  const outcome = await promote({
    from,
    to,
    tier: 'prod',
    policy,
    waivers: [waivers],
    // Recorded ones count as of today here; real ones are as old as their source says.
    scanners: [builtinScanner({ advisories, updatedAt: new Date().toISOString() })],
    harden: true,
    signer: { evidence: keySigner(keys.evidence.privateKey), release: keySigner(keys.release.privateKey) },
    journal,
    quarantine,
    repository: (reference) => client.repository(reference),
    signal,
    onProgress: printProgress,
  })
  printOutcome(outcome)
  return outcome
}

if (values.image) {
  const { verdict } = await run(values.image, `${production.host}/prod/image:promoted`)
  printNext()
  process.exitCode = { pass: 0, fail: 1, error: 2 }[verdict]
} else {
  printHeading('Sample images, from Debian packages')
  const samples = await buildSampleImages({ signal, onProgress: (event) => printLine(event.message) })
  for (const [name, { layout, tag }] of Object.entries(samples)) {
    const source = await openLayout(layout)
    const image = await source.getManifest(tag)
    const repository = client.repository(parseReference(`${build.host}/build/${name}:1.0`))
    await copyImage(source, repository, image.descriptor, { signal })
    await repository.putManifest(image, { tag: '1.0', signal })
    printLine(`${build.host}/build/${name}:1.0 is ${image.descriptor.digest}`)
  }

  const from = (name: string) => `${build.host}/build/${name}:1.0`
  const to = (name: string) => `${production.host}/prod/${name}:1.0`
  const webserver = await run(from('webserver'), to('webserver'))
  if (webserver.verdict === 'pass') {
    printHeading('It still runs')
    const promoted = client.repository(parseReference(to('webserver')))
    printLine(await runSample(promoted, webserver.digest, { directory: join(work, 'rootfs'), signal }))
  }
  const reporter = await run(from('reporter'), to('reporter'))
  printNext()
  const asExpected = webserver.verdict === 'pass' && reporter.verdict === 'fail'
  if (!asExpected) process.stderr.write('the demo did not come out as it should\n')
  process.exitCode = asExpected ? 0 : 1
}

function printNext(): void {
  const at = relative(process.cwd(), work)
  printHeading('What to do next')
  printLine(
    `list the quarantine in ${at}/quarantine.db with sqliteQuarantine, and change examples/gate.yaml, or examples/waivers.yaml: a waiver lets an image pass`,
  )
  printLine(
    'promote an image of your own: npm run demo -- --image <registry/repository:tag | oci:folder:tag>',
  )
  printLine(`the public keys are ${at}/evidence.pub and ${at}/release.pub; cosign verify --key takes them`)
  printLine('write your own gate: README.md, "A gate of your own"')
}
