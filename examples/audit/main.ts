// Runs the code of docs/guides/audit.md on a registry in this process.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import type { AuditSummary } from '@sallyport/audit'
import { parseAuditJson } from '@sallyport/audit/report'
import { createRegistryClient } from '@sallyport/oci'
import { startRegistry } from '@sallyport/testkit'
import { openGate } from '../gate/guide/open-gate.ts'
import { writeSamples } from '../gate/write-samples.ts'
import { checkDocuments } from './check-documents.ts'
import { fillProduction } from './fill-production.ts'
import { auditWithinBudget } from './guide/audit-within-budget.ts'
import { executePlan } from './guide/execute-plan.ts'
import { judgeToday } from './guide/judge-today.ts'
import { listGarbage } from './guide/list-garbage.ts'
import { listRunning } from './guide/list-running.ts'
import { openAudit } from './guide/open-audit.ts'
import { openListing } from './guide/open-listing.ts'
import { readTrend } from './guide/read-trend.ts'
import { writePlan } from './guide/write-plan.ts'
import { writeReports } from './guide/write-reports.ts'

await checkDocuments()

const folder = await mkdtemp(join(tmpdir(), 'sallyport-audit-'))
const back = process.cwd()
process.chdir(folder)
await using build = await startRegistry()
await using production = await startRegistry()
await using client = createRegistryClient()
const [evidence, release, vendor] = [generateSigningKey(), generateSigningKey(), generateSigningKey()]
Object.assign(process.env, { EVIDENCE_KEY: evidence.privateKey, RELEASE_KEY: release.privateKey })
const registry = production.host

/** Runs a program of the guide as a job does; returns its exit code and what it printed. */
async function run(program: string, ...parameters: readonly string[]): Promise<[number, string]> {
  const file = join(import.meta.dirname, 'guide', program)
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, file, ...parameters])
    return [0, stdout]
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return [code, stdout + stderr]
  }
}

try {
  await writeSamples()
  await writeFile('evidence.pub', evidence.publicKey)
  await writeFile('release.pub', release.publicKey)
  await writeFile('vendor.pub', vendor.publicKey)
  const fresh = await readFile('advisories.json', 'utf8')
  const known = (JSON.parse(fresh) as { id: string }[]).filter(({ id }) => id !== 'CVE-2026-0002')
  await writeFile('advisories.json', JSON.stringify(known))
  const digests = await (async () => {
    await using resources = new AsyncDisposableStack()
    const gate = await openGate(resources)
    const signer = keySigner(vendor.privateKey)
    return await fillProduction({ gate, client, build: build.host, registry, vendor: signer })
  })()

  // A part of it, and no more requests than allowed.
  const parts: (AuditSummary | undefined)[] = []
  while (parts.at(-1) === undefined && parts.length < 20) parts.push(await auditWithinBudget(registry, 40))
  assert(parts.length > 1, 'the budget ended no run')
  assert.equal(parts.at(-1)?.repositories.skipped, 2)

  // All of it.
  const found = {
    compliant: 4,
    unsigned: 1,
    'wrong-identity': 1,
    'decision-elsewhere': 1,
    'legacy-only': 1,
  }
  const [code, text] = await run('audit.ts', registry)
  assert.equal(code, 1, text)
  assert.match(text, /4 compliant/)
  assert.match(text, /team\/web/)
  await using resources = new AsyncDisposableStack()
  const audit = await openAudit(registry, resources)
  const [first] = await audit.archive.audits()
  assert(first)
  assert.deepEqual(first.classes, found)
  assert.deepEqual([first.repositories.audited, first.repositories.skipped], [9, 1])
  assert.equal(first.roles['stray-evidence'], 1)
  assert.match(await readFile('audit.html', 'utf8'), /team\/web/)

  // The next night.
  const second = await audit.run()
  assert.deepEqual(second.classes, found)
  assert.equal(second.examined, 0)
  assert(second.requests <= second.tags + second.repositories.audited + 1, `${second.requests} requests`)

  // Its reports.
  await writeReports(audit.archive, second.id)
  const document = parseAuditJson(await readFile('audit.json', 'utf8'), { source: 'audit.json' })
  assert.equal(document.records.length, second.manifests)
  const { results: flags } = JSON.parse(await readFile('audit.sarif', 'utf8')).runs[0] as {
    readonly results: readonly { readonly ruleId: string }[]
  }
  const missing = ['no-decision', 'no-sbom', 'no-provenance']
  const { compliant: _, ...flagged } = found
  assert.deepEqual(
    flags.map(({ ruleId }) => ruleId.slice('sallyport/audit/'.length)).sort(),
    [...Object.keys(flagged), ...missing].sort(),
  )
  assert.equal((await readFile('audit.csv', 'utf8')).match(/unsigned/)?.length, 1)
  assert.match(await readFile('audit.md', 'utf8'), /team\/web/)

  // Other listings.
  const kinds = ['harbor', 'ecr', 'zot', 'distribution']
  const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
  assert.deepEqual(
    kinds.map((kind) => openListing(kind, host, client).name),
    kinds,
  )

  // What runs.
  const pod = (name: string, image: string, imageID: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { containers: [{ name: 'main', image }] },
    status: { containerStatuses: [{ name: 'main', image, imageID }] },
  })
  const web = `${registry}/team/web`
  const other = `registry.example/tool@${digests.get('team/app')?.replace(/.{8}$/, '00000000')}`
  const pods = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      pod('web', `${web}:1`, `${web}@${digests.get('team/web')}`),
      pod('app', `${registry}/team/app:1`, `${registry}/team/app@${digests.get('team/app')}`),
      pod('tool', other, other),
    ],
  })
  await writeFile('pods.json', pods)
  const running = await listRunning(audit.archive, second.id, pods)
  assert.equal(running.flagged.length, 1)
  assert.match(running.flagged[0]!, /^unsigned: team\/web:1 runs as shop\/Pod web \(by manifest\)$/)
  assert.deepEqual(running.elsewhere, [`Pod tool: ${other}`])

  // Garbage.
  const garbage = await listGarbage(audit.archive, second.id)
  assert.equal(garbage.length, 2)
  assert.match(garbage[0]!, /^lost-evidence: team\/batch@/)
  assert.match(garbage[1]!, /^stray-evidence: team\/gone@/)

  // By the advisories of today.
  await writeFile('advisories.json', fresh)
  const today = await judgeToday(registry)
  assert.deepEqual(today.classes, { ...found, compliant: 3, 'would-fail-today': 1 })

  // Repairs.
  const gate = await openGate(resources)
  const plan = await writePlan(audit.archive, today.id, gate.context.journal)
  assert.deepEqual(
    plan.actions.map(({ kind, repository }) => `${kind} ${repository}`),
    [
      'promote team/web',
      'promote team/worker',
      'attest team/copied',
      'promote team/cli',
      'attest team/shell',
    ],
  )
  const rehearsal = await executePlan(gate)
  assert(rehearsal.dryRun)
  assert.equal(production.resolve('team/web', '1'), digests.get('team/web'))
  const { results } = await executePlan(gate, rehearsal.plan)
  assert.deepEqual({ done: results.done, refused: results.refused }, { done: 4, refused: 1 })
  const repaired = await judgeToday(registry, { evidenceMaxAgeMs: 0 })
  assert.deepEqual(repaired.classes, { compliant: 7, 'would-fail-today': 1 })
  const trend = await readTrend(audit.archive)
  assert.deepEqual(trend?.counts, { worse: 0, new: 2, better: 2, gone: 2, unchanged: 4 })
} finally {
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}
