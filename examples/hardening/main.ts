// Runs the code of docs/guides/hardening.md on this machine.
import { strict as assert } from 'node:assert'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { HardenResult } from '@sallyport/harden'
import { type Image, openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createRegistryClient } from '@sallyport/oci'
import { builtinScanner, type Finding, parseAdvisories, readVex } from '@sallyport/scan'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { checkDocuments } from './check-documents.ts'
import { addHooks } from './guide/add-hooks.ts'
import { applyPlan } from './guide/apply-plan.ts'
import { checkLaws } from './guide/check-laws.ts'
import { chooseSmoke } from './guide/choose-smoke.ts'
import { controlFindings } from './guide/control-findings.ts'
import { describeChange } from './guide/describe-change.ts'
import { explainFindings } from './guide/explain-findings.ts'
import { explainUsage } from './guide/explain-usage.ts'
import { hardenByTrace } from './guide/harden-by-trace.ts'
import { hardenClosed } from './guide/harden-closed.ts'
import { hardenRelaxed } from './guide/harden-relaxed.ts'
import { patchSecurity } from './guide/patch-security.ts'
import { readRecording } from './guide/read-recording.ts'
import { stripAndConfigure } from './guide/strip-and-configure.ts'
import { writePlan } from './guide/write-plan.ts'
import { writeReports } from './guide/write-reports.ts'
import { harden } from './readme/harden.ts'
import { patch } from './readme/patch.ts'
import { serveFolder } from './serve-folder.ts'
import { createArchiveKey, writeMirror } from './write-mirror.ts'
import { brokenImage, newerApp, sampleAdvisories, sampleImage, writeSamples } from './write-samples.ts'

await checkDocuments()

const folder = await mkdtemp(join(tmpdir(), 'sallyport-hardening-'))
const back = process.cwd()
process.chdir(folder)
await using registry = await startRegistry()
await using client = createRegistryClient()
await using results = new AsyncDisposableStack()
const app = client.repository({ registry: registry.host, repository: 'team/app' })
const scanner = builtinScanner({ advisories: parseAdvisories(sampleAdvisories, { source: 'samples' }) })

async function open(tag: string) {
  const image = results.use(await openImage(app, await app.getManifest(tag)))
  return { image, inventory: await createInventory(image) }
}
async function scan(image: Image): Promise<readonly Finding[]> {
  const inventory = await createInventory(image)
  const { subject, platform } = inventory
  const target = { subject, platform, inventory, layoutDirectory: image.layoutDirectory }
  return (await scanner.scan(target, {})).findings
}
/** Names of the packages that left; the result is closed in the end. */
function removedBy({ report, image }: HardenResult): readonly string[] {
  if (image) results.use(image)
  return report.removed.map(({ name }) => name).toSorted()
}
const ids = (findings: readonly { readonly id: string }[]) =>
  findings
    .map(({ id }) => id.slice(-1))
    .toSorted()
    .join('')

try {
  await writeSamples()
  await pushImage(app, sampleImage, '1.0')
  await pushImage(app, brokenImage, 'broken')
  const { image, inventory } = await open('1.0')
  const before = await scan(image)
  assert.equal(ids(before), '1234')

  // Who uses what.
  const lines = (await explainUsage(image, inventory)).join('\n')
  assert.match(lines, /^linked pkg:deb\/debian\/app@1\.0\S* \/usr\/bin\/app -entry-> \/usr\/bin\/app$/m)
  assert.match(lines, /^possible pkg:deb\/debian\/converter@\S* .* -path-string\?-> \/usr\/bin\/convert$/m)
  assert.match(lines, /^present pkg:deb\/debian\/leftover@/m)

  // Closed, and what must stay.
  const hooks = await addHooks(image, 'deploy/app.yaml', 'registry.example/team/app')
  assert.deepEqual(hooks, [['/usr/bin/drain', '--wait']])
  assert.deepEqual(removedBy(await hardenClosed(image, inventory, [])), ['drain', 'leftover'])
  const closed = await hardenClosed(image, inventory, hooks)
  assert.deepEqual(removedBy(closed), ['leftover'])
  const keeping = await hardenClosed(image, inventory, hooks, ['leftover'])
  assert.match(keeping.report.unchangedBecause ?? '', /no package can be removed/)

  // Plans.
  await writePlan(image, inventory, [], 'plan.json')
  const plan = JSON.parse(await readFile('plan.json', 'utf8')) as { readonly remove: { purl: string }[] }
  assert.deepEqual(removedBy(await applyPlan(image, inventory, [], 'plan.json')), ['drain', 'leftover'])
  const remove = plan.remove.filter(({ purl }) => !purl.includes('/drain@'))
  await writeFile('plan.json', JSON.stringify({ ...plan, remove }))
  assert.deepEqual(removedBy(await applyPlan(image, inventory, [], 'plan.json')), ['leftover'])
  await writeFile('plan.json', JSON.stringify({ ...plan, kepp: ['leftover'] }))
  await assert.rejects(applyPlan(image, inventory, [], 'plan.json'), { code: 'PLAN_INVALID' })

  // Recordings, and a smoke test.
  const evidence = [await readRecording(image, 'app.strace')]
  const other = await open('broken')
  await assert.rejects(hardenByTrace(other.image, other.inventory, evidence, chooseSmoke('none')), {
    code: 'EVIDENCE_MISMATCH',
  })
  if (process.platform !== 'linux' || process.arch !== 'x64' || process.getuid?.() !== 0)
    console.log('images can only be run by root on Linux for x86-64: no smoke test was made')
  else {
    const relaxed = await hardenRelaxed(image, inventory, hooks, chooseSmoke('none'))
    assert.deepEqual(removedBy(relaxed), ['fonts', 'leftover'])
    const byTrace = await hardenByTrace(image, inventory, evidence, chooseSmoke('none'))
    assert.deepEqual(removedBy(byTrace), ['converter', 'leftover'])
  }

  // Files and configuration.
  const stripped = await stripAndConfigure(image, inventory)
  assert.deepEqual(removedBy(stripped), ['drain', 'leftover'])
  assert.equal(stripped.image?.tree.get('/usr/share/man/man1/app.1'), undefined)
  assert.equal(stripped.image?.tree.get('/usr/bin/app-admin')?.mode, 0o755)
  assert.equal(stripped.report.checks?.find(({ id }) => id === 'setuid-bits')?.state, 'fixed')

  // Laws.
  const hardened = { image: closed.image!, inventory: closed.inventory! }
  assert.deepEqual(await checkLaws({ image, inventory }, hardened, closed.report), [
    'I10 was not checked',
    'I12 was not checked',
  ])
  assert.match((await checkLaws({ image, inventory }, other)).join('\n'), /^I6: .*\/usr\/bin\/leftover/m)
  assert.equal(ids(await controlFindings(image, scan)), '1234')

  // Patches.
  const { privateKey, keyring } = await createArchiveKey()
  await writeFile('archive-key.asc', keyring)
  await writeMirror('mirror', 'bookworm-security', newerApp, privateKey)
  const patched = await patchSecurity(hardened.image, hardened.inventory, await scan(hardened.image), {})
  assert.deepEqual(patched.report.findings.map(({ id, state }) => [id, state]).toSorted(), [
    ['CVE-2026-0001', 'patched'],
    ['CVE-2026-0002', 'fix-announced-not-in-mirror'],
    ['CVE-2026-0003', 'fix-announced-not-in-mirror'],
  ])
  const result = results.use(patched.image!)
  const after = await scan(result)
  assert.equal(ids(after), '23')

  // Reports.
  const document = await writeReports({
    report: closed.report,
    before: { digest: inventory.subject, findings: before, packages: inventory.packages },
    after: { digest: patched.inventory!.subject, findings: after, packages: patched.inventory!.packages },
    control: await controlFindings(image, scan),
  })
  assert.deepEqual(document.findings, {
    before: 4,
    control: 4,
    after: 2,
    gone: { removed: 1, patched: 1, unexplained: 0 },
    added: 0,
  })
  assert.match(await readFile('hardening.md', 'utf8'), /^\| findings \| 4 → 2 \|$/m)
  assert.match((await explainFindings('hardening.json', 'CVE-2026-0002')).join(), /stays because fonts/)
  const { vex, provenance } = describeChange(
    { report: closed.report, inventory: patched.inventory! },
    document,
    { before, after },
  )
  assert.deepEqual(
    readVex(vex, { source: 'change' }).statements.map(({ vulnerabilities: [id], status }) => [id, status]),
    [
      ['CVE-2026-0001', 'fixed'],
      ['CVE-2026-0002', 'under_investigation'],
      ['CVE-2026-0004', 'not_affected'],
    ],
  )
  assert.match(JSON.stringify(provenance), /build-types\/hardening\/v1/)

  // The README.
  assert.notEqual(await harden(app, '1.0'), inventory.subject)
  await writeMirror('served/debian', 'bookworm', newerApp, privateKey)
  await writeMirror('served/debian-security', 'bookworm-security', newerApp, privateKey)
  await using mirror = await serveFolder('served')
  const { lastSeen } = patched.report
  const fromBoth = await patch(image, inventory, mirror.url, { findings: before, lastSeen })
  assert.equal(fromBoth.report.findings.find(({ id }) => id === 'CVE-2026-0001')?.state, 'patched')
  results.use(fromBoth.image!)
} finally {
  await results[Symbol.asyncDispose]()
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}
